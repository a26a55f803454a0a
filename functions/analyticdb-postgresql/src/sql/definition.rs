//! `auto.create` and `auto.evolve`: creates tables and adds columns, each in its own transaction. Existing
//! columns are never changed.

mod new_column;

use sluice_bridge::model::change::{NewColumn, SchemaChange};
use sluice_bridge::model::failure::SinkError;

use sluice_bridge::model::table::TableName;
use sluice_sql::create::{create_table, subject};
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use crate::connection::profile::Profile;
use crate::connection::session::Session;
use crate::fault;
use crate::sql::quote::{quote, quote_table};
use crate::sql::search_path;
use new_column::{declaration, default};

/// `NAMEDATALEN`: the maximum length of a name in bytes. The server would cut a longer name.
const MAX_NAME: usize = 63;

/// Columns that every table has: "System Columns" in the manual.
const SYSTEM_COLUMNS: [&str; 6] = ["cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"];

/// Whether a column can have this name.
pub(crate) fn is_column_name(name: &str) -> bool {
    is_identifier(name) && !SYSTEM_COLUMNS.contains(&name)
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_NAME && !name.contains('\0')
}

/// Refuses a table name that the server would cut, and could take for another table's.
///
/// # Errors
/// `Fatal`: the name is too long, or contains a NUL character.
pub(crate) fn check_table_name(name: &TableName) -> Result<(), SinkError> {
    let mut parts = name.schema.iter().chain([&name.name]);
    match parts.find(|part| !is_identifier(part)) {
        None => Ok(()),
        Some(part) => Err(SinkError::fatal(format!(
            "table name {name} is not valid: `{}` has {} bytes, but a name must have 1 to {MAX_NAME} bytes and no NUL character; map the topic to another table in topics.to.tables.mapping",
            part.escape_default(),
            part.len()
        ))),
    }
}

/// Creates the missing table or adds the missing columns, in the transaction that has just begun, and commits
/// it.
///
/// # Errors
/// The server refuses the statement, or its outcome is unknown.
pub(crate) async fn apply(session: &Session, missing: &SchemaChange) -> Result<(), SinkError> {
    search_path::check_may_create(&session.client, missing).await?;
    let statement = statement(missing, &session.profile);
    let created = session.client.batch_execute(&format!("{statement}; COMMIT")).await;
    let Err(error) = created else { return Ok(()) };
    if fault::already_exists(&error) {
        let undone = session.client.batch_execute("ROLLBACK").await;
        undone.map_err(|error| fault::classify_outside_rows(&error))?;
        if exists(&session.client, missing).await {
            return Ok(());
        }
    }
    Err(fault::classify_attempt(&format!("{} cannot be created", subject(missing)), &error))
}

/// Whether another session created it. If it does not exist, its name belongs to a different object: a type
/// or a system column.
async fn exists(client: &Client, missing: &SchemaChange) -> bool {
    const COUNT: &str = "SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute \
         WHERE attrelid = $1::pg_catalog.regclass::pg_catalog.oid AND attnum > 0 \
         AND attname::pg_catalog.text = ANY ($2)";
    let (table, columns) = match missing {
        SchemaChange::Table { name, .. } => (name, &[][..]),
        SchemaChange::Columns { table, columns } => (table, columns.as_slice()),
    };
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let table = quote_table(table);
    let parameters = [(&table as &(dyn ToSql + Sync), Type::TEXT), (&names, Type::TEXT_ARRAY)];
    let counted = client.query_typed(COUNT, &parameters).await;
    // One of several columns is enough: the catalog is read again, and the columns that are still missing are
    // added then.
    counted.is_ok_and(|rows| rows.iter().all(|row| columns.is_empty() || row.get::<_, i64>(0) > 0))
}

/// Creates a table in the current transaction, which will be rolled back.
///
/// # Errors
/// The server refuses the statement. New columns are always refused, because the table would be locked for
/// readers.
pub(crate) async fn begin_dry_run(
    session: &Session,
    missing: &SchemaChange,
) -> Result<(), SinkError> {
    if let SchemaChange::Columns { .. } = missing {
        let definition = statement(missing, &session.profile);
        return Err(SinkError::fatal(format!(
            "auto.evolve would run `{definition}`, which a dry run does not do because it blocks readers: add the columns, or exclude these records from the check"
        )));
    }
    search_path::check_may_create(&session.client, missing).await?;
    let created = session.client.batch_execute(&statement(missing, &session.profile)).await;
    created.map_err(|error| {
        fault::classify_attempt(&format!("{} cannot be created", subject(missing)), &error)
    })
}

/// The statement for a schema change.
pub(crate) fn statement(missing: &SchemaChange, profile: &Profile) -> String {
    match missing {
        SchemaChange::Table { name, columns, key } => {
            let declare = |column: &NewColumn, is_key| match is_key {
                true => declaration(column),
                false => format!("{}{}", declaration(column), default(column)),
            };
            create_table((&quote_table(name), columns, key), quote, declare, |names| {
                match (profile.distributed, names) {
                    (false, _) => String::new(),
                    (true, Some(names)) => format!(" DISTRIBUTED BY ({names})"),
                    (true, None) => " DISTRIBUTED RANDOMLY".to_owned(),
                }
            })
        }
        // An existing column is an error, after which the catalog is read again. Older servers have no IF NOT
        // EXISTS here.
        SchemaChange::Columns { table, columns } => {
            let added = columns
                .iter()
                .map(|column| format!("ADD COLUMN {}{}", declaration(column), default(column)));
            let added: Vec<String> = added.collect();
            format!("ALTER TABLE {} {}", quote_table(table), added.join(", "))
        }
    }
}
