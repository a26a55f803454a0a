//! `auto.create` and `auto.evolve`: creates tables and adds columns. The server commits each statement by
//! itself. Existing columns are never changed.

mod new_column;

use mysql_async::prelude::Queryable;
use sluice_bridge::model::change::{NewColumn, SchemaChange};
use sluice_bridge::model::failure::{Cause, Fault, SinkError};
use sluice_bridge::model::table::TableName;
use sluice_sql::create::{create_table, subject};

use crate::connection::profile::Profile;
use crate::connection::session::Session;
use crate::fault;
use crate::sql::quote::{quote, quote_table};
use crate::types::catalog_type::ConversionSettings;
use crate::values::sql_literal::Escapes;
use new_column::ColumnDeclarations;

/// "Schema Object Names" of the manual: the maximum length of a name in characters. They must be in Unicode's
/// Basic Multilingual Plane.
const MAX_NAME: usize = 64;
/// The maximum length of an index entry in bytes ("InnoDB Limits" of the manual).
const MAX_KEY_BYTES: usize = 3072;
/// The maximum length of text in a key, in characters of up to four bytes.
const MAX_KEY_TEXT: usize = 255;

/// InnoDB's own column names, in any case ("InnoDB Limits" of the manual). `FTS_DOC_ID` is reserved in
/// MariaDB only; the server checks it.
const RESERVED: [&str; 3] = ["DB_ROW_ID", "DB_TRX_ID", "DB_ROLL_PTR"];

/// Characters that the server refuses at the end of a name: seen in MySQL 9.7 and MariaDB 10.11.
const BLANKS: [char; 6] = [' ', '\t', '\n', '\u{b}', '\u{c}', '\r'];

/// Whether a column can have this name.
pub(crate) fn is_column_name(name: &str) -> bool {
    let is_reserved = RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name));
    is_identifier(name) && !name.ends_with(BLANKS) && !is_reserved
}

/// Whether a table can have this name. For other names, the server would search a different table or return
/// an error.
pub(crate) fn is_table_name(name: &TableName) -> bool {
    is_identifier(&name.name) && !name.name.ends_with(BLANKS)
}

/// Whether the characters of the name and their number are allowed.
fn is_identifier(name: &str) -> bool {
    let is_of_first_plane = |character| ('\u{1}'..='\u{ffff}').contains(&character);
    !name.is_empty() && name.chars().count() <= MAX_NAME && name.chars().all(is_of_first_plane)
}

/// A text that is the same for all names that the server treats as one column. The server ignores the case of
/// each character, and nothing else: accents and blanks count.
pub(crate) fn canonical_name(name: &str) -> String {
    name.chars().map(lower_case).collect()
}

/// The server folds case by an older Unicode version, so that this function treats more names as equal.
fn lower_case(character: char) -> char {
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(only), None) => only,
        // Only a capital I with a dot has two lower-case characters. The server keeps the first.
        (first, _) => first.unwrap_or(character),
    }
}

/// Creates the missing table or adds the missing columns.
///
/// # Errors
/// The server refuses the statement, or its outcome is unknown. `Data` if the records need something that the
/// server cannot create.
pub(crate) async fn apply(
    session: &mut Session,
    missing: &SchemaChange,
    conversion: &ConversionSettings,
) -> Result<(), SinkError> {
    if let SchemaChange::Table { name, .. } = missing
        && !is_table_name(name)
    {
        let cause = Cause::new(format!(
            "{} cannot be created: the name is not valid for a table, or is longer than {MAX_NAME} characters",
            subject(missing)
        ));
        // Topic names are ASCII and may be long; all other parts of the name come from the configuration.
        let is_long = name.name.chars().count() > MAX_NAME;
        let fault = if is_long { Fault::Data(None) } else { Fault::Fatal };
        return Err(SinkError { fault, cause });
    }
    let statement = statement(missing, &session.profile, session.escapes, conversion);
    match session.conn()?.query_drop(statement).await {
        Err(error) if !fault::already_exists(&error) => Err(fault::classify_definition(
            &format!("{} cannot be created", subject(missing)),
            &error,
        )),
        _ => Ok(()),
    }
}

/// The statement for a schema change.
pub(crate) fn statement(
    missing: &SchemaChange,
    profile: &Profile,
    escapes: Escapes,
    conversion: &ConversionSettings,
) -> String {
    match missing {
        SchemaChange::Table { name, columns, key } => {
            let texts = key
                .iter()
                .filter(|&&position| new_column::is_bounded_in_index(columns[position].kind))
                .count();
            let max_length = MAX_KEY_TEXT.min(MAX_KEY_BYTES / 4 / texts.max(1));
            let mut declarations = ColumnDeclarations::of_table(profile, escapes, conversion);
            let declare = |column: &NewColumn, is_key| match is_key {
                true => declarations.key_declaration(column, max_length),
                false => declarations.declaration(column),
            };
            create_table((&quote_table(name), columns, key), quote, declare, |names| {
                match (profile.transactional, names) {
                    (true, _) => " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4".to_owned(),
                    (false, Some(names)) => format!(" DISTRIBUTED BY HASH({names})"),
                    // Without a key, the vendor distributes by a hidden key.
                    (false, None) => String::new(),
                }
            })
        }
        // An existing column is an error, after which the catalog is read again.
        SchemaChange::Columns { table, columns } => {
            let mut declarations = ColumnDeclarations::of_columns(profile, escapes, conversion);
            let added: Vec<String> =
                columns.iter().map(|it| declarations.declaration(it)).collect();
            format!("ALTER TABLE {} ADD COLUMN ({})", quote_table(table), added.join(", "))
        }
    }
}
