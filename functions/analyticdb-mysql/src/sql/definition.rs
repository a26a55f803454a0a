//! `auto.create` and `auto.evolve`: the statements that make tables and columns. The server commits
//! each by itself. Nothing that is there is ever changed.

mod new_column;

use mysql_async::prelude::Queryable;
use sluice_bridge::model::change::{NewColumn, SchemaChange};
use sluice_bridge::model::failure::{Cause, Fault, SinkError};
use sluice_bridge::model::table::TableName;
use sluice_sql::create::{create_table, shown};

use crate::connection::profile::Profile;
use crate::connection::session::Session;
use crate::fault;
use crate::sql::quote::{quote, quote_table};
use crate::types::described::Terms;
use crate::values::sql_literal::Escapes;
use new_column::Maker;

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
pub(crate) fn canonical_name(name: &str) -> String {
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
pub(crate) async fn make(
    session: &mut Session,
    missing: &SchemaChange,
    terms: &Terms,
) -> Result<(), SinkError> {
    if let SchemaChange::Table { name, .. } = missing
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
    let statement = statement(missing, &session.profile, session.escapes, terms);
    match session.conn()?.query_drop(statement).await {
        Err(error) if !fault::is_made(&error) => {
            Err(fault::classify_definition(&format!("{} cannot be made", shown(missing)), &error))
        }
        _ => Ok(()),
    }
}

/// What is said to make something.
pub(crate) fn statement(
    missing: &SchemaChange,
    profile: &Profile,
    escapes: Escapes,
    terms: &Terms,
) -> String {
    match missing {
        SchemaChange::Table { name, columns, key } => {
            let texts =
                key.iter().filter(|&&place| new_column::is_bounded(columns[place].kind)).count();
            let longest = KEY_TEXT.min(LONGEST_KEY / 4 / texts.max(1));
            let mut maker = Maker::of_table(profile, escapes, terms);
            let declare = |column: &NewColumn, is_key| match is_key {
                true => maker.of_key(column, longest),
                false => maker.declaration(column),
            };
            create_table((&quote_table(name), columns, key), quote, declare, |names| {
                match (profile.transactional, names) {
                    (true, _) => " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4".to_owned(),
                    (false, Some(names)) => format!(" DISTRIBUTED BY HASH({names})"),
                    // Without a key the vendor distributes by a hidden one.
                    (false, None) => String::new(),
                }
            })
        }
        // One that is there already is an error, and then the catalog is read again.
        SchemaChange::Columns { table, columns } => {
            let mut maker = Maker::of_columns(profile, escapes, terms);
            let added: Vec<String> = columns.iter().map(|it| maker.declaration(it)).collect();
            format!("ALTER TABLE {} ADD COLUMN ({})", quote_table(table), added.join(", "))
        }
    }
}
