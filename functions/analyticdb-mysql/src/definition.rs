//! `auto.create` and `auto.evolve`: the statements that make tables and columns. The server commits
//! each by itself. Nothing that is there is ever changed.

use mysql_async::prelude::Queryable;
use sluice_bridge::design::{Holds, Missing, NewColumn};
use sluice_bridge::failure::{Cause, Fault, SinkError};
use sluice_bridge::table::TableName;

use crate::fault;
use crate::profile::{Dialect, Profile};
use crate::session::Session;
use crate::statement::{quote, quote_table};

/// "Schema Object Names" of the manual: in characters, and only those of Unicode's first plane.
const LONGEST_NAME: usize = 64;
/// What an index takes of a row, in bytes ("InnoDB Limits" of the manual).
const LONGEST_KEY: usize = 3072;
/// A key's text, in characters of up to four bytes.
const KEY_TEXT: usize = 255;

/// Columns of InnoDB's own, in any case ("InnoDB Limits" of the manual). `FTS_DOC_ID` is one in MariaDB
/// alone, and left to the server.
const RESERVED: [&str; 3] = ["DB_ROW_ID", "DB_TRX_ID", "DB_ROLL_PTR"];

/// What the server counts as a blank at the end: seen in MySQL 9.7 and MariaDB 10.11.
const BLANKS: [char; 6] = [' ', '\t', '\n', '\u{b}', '\u{c}', '\r'];

/// Whether a column can have this name.
pub(crate) fn is_name(name: &str) -> bool {
    let is_reserved = RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name));
    fits(name) && !name.ends_with(BLANKS) && !is_reserved
}

/// Whether a table can have this name: the server would look for another, or say that it is wrong.
pub(crate) fn is_table(name: &TableName) -> bool {
    fits(&name.name) && !name.name.ends_with(BLANKS)
}

/// Whether anything can have this name, as far as its characters and their number tell.
fn fits(name: &str) -> bool {
    let is_of_first_plane = |character| ('\u{1}'..='\u{ffff}').contains(&character);
    !name.is_empty() && name.chars().count() <= LONGEST_NAME && name.chars().all(is_of_first_plane)
}

/// What is the same for the names that the server takes for one column: it folds the case of each
/// character for itself, and nothing else. Accents and blanks count.
pub(crate) fn one_name(name: &str) -> String {
    name.chars().map(folded).collect()
}

/// The server's own folding is that of an old Unicode, so that this one finds more names alike.
fn folded(character: char) -> char {
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(only), None) => only,
        // Only a capital I with a dot becomes two, of which the server keeps the first.
        (first, _) => first.unwrap_or(character),
    }
}

/// Makes what is missing.
///
/// # Errors
/// It may not be made, or nobody knows whether it was. `Data` where records ask for what the server
/// cannot make.
pub(crate) async fn make(session: &mut Session, missing: &Missing) -> Result<(), SinkError> {
    if let Missing::Table { name, .. } = missing
        && !is_table(name)
    {
        let cause = Cause::new(format!(
            "{} cannot be made: no table can have this name, of {LONGEST_NAME} characters at most",
            shown(missing)
        ));
        // A topic is of ASCII and may be long; all else comes from the configuration.
        let is_long = name.name.chars().count() > LONGEST_NAME;
        let fault = if is_long { Fault::Data(None) } else { Fault::Fatal };
        return Err(SinkError { fault, cause });
    }
    let statement = statement(missing, &session.profile);
    match session.conn()?.query_drop(statement).await {
        Err(error) if !fault::is_made(&error) => {
            Err(fault::classify_definition(&format!("{} cannot be made", shown(missing)), &error))
        }
        _ => Ok(()),
    }
}

fn shown(missing: &Missing) -> String {
    match missing {
        Missing::Table { name, .. } => format!("table {name}"),
        Missing::Columns { table, .. } => format!("new columns of table {table}"),
    }
}

/// What is said to make something.
pub(crate) fn statement(missing: &Missing, profile: &Profile) -> String {
    match missing {
        Missing::Table { name, columns, key } => {
            let texts = key.iter().filter(|&&place| is_bounded(columns[place].holds)).count();
            let longest = KEY_TEXT.min(LONGEST_KEY / 4 / texts.max(1));
            let parts =
                columns.iter().enumerate().map(|(place, column)| match key.contains(&place) {
                    true => format!("{} NOT NULL", of_key(column, longest, profile)),
                    false => declaration(column, profile),
                });
            let mut parts: Vec<String> = parts.collect();
            let names: Vec<String> = key.iter().map(|&place| quote(&columns[place].name)).collect();
            let names = names.join(", ");
            if !key.is_empty() {
                parts.push(format!("PRIMARY KEY ({names})"));
            }
            let kept = match (profile.transactional, key.is_empty()) {
                (true, _) => " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4".to_owned(),
                (false, false) => format!(" DISTRIBUTED BY HASH({names})"),
                // Without a key the vendor distributes by a hidden one.
                (false, true) => String::new(),
            };
            let (table, parts) = (quote_table(name), parts.join(", "));
            format!("CREATE TABLE IF NOT EXISTS {table} ({parts}){kept}")
        }
        // One that is there already is an error, and then the catalog is read again.
        Missing::Columns { table, columns } => {
            let added: Vec<String> =
                columns.iter().map(|column| addition(column, profile)).collect();
            format!("ALTER TABLE {} ADD COLUMN ({})", quote_table(table), added.join(", "))
        }
    }
}

fn declaration(column: &NewColumn, profile: &Profile) -> String {
    format!("{} {} NULL", quote(&column.name), ty(column.holds, profile))
}

/// The same for a table that is there: its own character set may lack what is to be written.
fn addition(column: &NewColumn, profile: &Profile) -> String {
    match ty(column.holds, profile) {
        "LONGTEXT" => format!("{} LONGTEXT CHARACTER SET utf8mb4 NULL", quote(&column.name)),
        _ => declaration(column, profile),
    }
}

/// AnalyticDB's own are those of "Basic data types" in its developer reference: text and bytes up to
/// 16 MB, decimals of 38 digits, times to the millisecond. A text's length binds nothing there; it is
/// said for whatever reads the statement as MySQL would.
fn ty(holds: Holds, profile: &Profile) -> &'static str {
    let is_vendors = profile.dialect == Dialect::AnalyticDb;
    match holds {
        Holds::Decimals if is_vendors => "DECIMAL(38,18)",
        Holds::Text if is_vendors => "VARCHAR(2000)",
        Holds::Bytes if is_vendors => "BINARY",
        Holds::Times if is_vendors => "TIME",
        Holds::Timestamps if is_vendors => "DATETIME",
        Holds::Booleans => "BOOLEAN",
        Holds::Integers => "BIGINT",
        Holds::Decimals => "DECIMAL(65,30)",
        Holds::Floats => "DOUBLE",
        Holds::Text => "LONGTEXT",
        Holds::Bytes => "LONGBLOB",
        Holds::Dates => "DATE",
        Holds::Times => "TIME(6)",
        Holds::Timestamps => "DATETIME(6)",
        Holds::Documents => "JSON",
    }
}

/// An index takes so many bytes of a value and no more, and two keys that differ in case are two.
fn of_key(column: &NewColumn, longest: usize, profile: &Profile) -> String {
    match column.holds {
        Holds::Text | Holds::Documents => {
            let exact = profile.exact.map(|name| format!(" CHARACTER SET utf8mb4 COLLATE {name}"));
            format!("{} VARCHAR({longest}){}", quote(&column.name), exact.unwrap_or_default())
        }
        Holds::Bytes if profile.dialect == Dialect::AnalyticDb => {
            format!("{} BINARY({longest})", quote(&column.name))
        }
        Holds::Bytes => format!("{} VARBINARY({longest})", quote(&column.name)),
        holds => format!("{} {}", quote(&column.name), ty(holds, profile)),
    }
}

fn is_bounded(holds: Holds) -> bool {
    matches!(holds, Holds::Text | Holds::Documents | Holds::Bytes)
}
