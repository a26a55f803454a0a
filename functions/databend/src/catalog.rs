//! Describes a table from the catalog's rows: its columns with types and defaults, and the key that its comment names.
//!
//! Not here: the statement that asks (`wire`).

use std::sync::Arc;

use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::{Table, TableName};

use crate::endpoint::client::Endpoint;
use crate::endpoint::session::{Rows, Session};
use crate::fault;
use crate::types::column::Column;
use crate::types::kind::Kind;
use crate::types::shape::Shape;
use crate::wire::definition::KEY_COMMENT;
use crate::wire::describe;

/// Reads the description of a table; `None` if it does not exist. Two queries side by side, each in a session of its own,
/// take half the time of one that joins both views.
///
/// # Errors
/// The catalog cannot be read, or it describes the table in an unknown way.
pub(crate) async fn read(
    endpoint: &Endpoint,
    name: &TableName,
    unix_places: u8,
) -> Result<Option<Table>, SinkError> {
    let (mut one, mut other) = (Session::new(endpoint), Session::new(endpoint));
    let (columns, comment) = (describe::columns(name), describe::comment(name));
    let columns = endpoint.query(&mut one, &columns);
    match tokio::try_join!(columns, endpoint.query(&mut other, &comment)) {
        Ok((columns, comment)) => describe(&columns, &comment, name, unix_places),
        Err(error) if fault::is_missing_table(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Finds a table whose name differs only in its spelling.
pub(crate) async fn similar(
    endpoint: &Endpoint,
    session: &mut Session,
    name: &TableName,
) -> Option<TableName> {
    let rows = endpoint.query(session, &describe::similar(name)).await.ok()?;
    let [schema, name] = rows.first()?.as_slice() else { return None };
    Some(TableName { schema: schema.clone(), name: name.clone()? })
}

fn describe(
    columns: &Rows,
    comment: &Rows,
    name: &TableName,
    unix_places: u8,
) -> Result<Option<Table>, SinkError> {
    // A table that is dropped or made between the two queries does not exist for one of them.
    if columns.is_empty() || comment.is_empty() {
        return Ok(None);
    }
    let unknown =
        || SinkError::fatal(format!("the catalog describes table {name} in an unknown way"));
    let columns: Option<Vec<Column>> = columns.iter().map(|row| column(row, unix_places)).collect();
    let columns = columns.ok_or_else(unknown)?;
    let comment = comment.first().and_then(|row| row.first()?.clone()).unwrap_or_default();
    let primary_key = key(&comment, &columns).ok_or_else(|| {
        SinkError::fatal(format!(
            "the comment of table {name} names a primary key with a column that the table does not have"
        ))
    })?;
    Ok(Some(Table {
        name: name.clone(),
        columns: columns.iter().map(Column::described).collect(),
        primary_key,
        // The server has no triggers, and no references between tables.
        has_side_effects: false,
        shape: Arc::new(Shape { columns }),
    }))
}

fn column(row: &[Option<String>], unix_places: u8) -> Option<Column> {
    let [name, own, spelled, nullable, filled_by, default] = row else { return None };
    let (filled_by, default) = (filled_by.as_deref()?, default.as_deref().unwrap_or_default());
    let is_default = filled_by.eq_ignore_ascii_case("DEFAULT");
    Some(Column {
        name: name.clone()?,
        kind: Kind::of(own.as_deref()?),
        spelled: spelled.clone()?,
        nullable: nullable.as_deref()? == "YES",
        has_default: is_default && default != "NULL",
        // STORED, VIRTUAL.
        computed: !is_default && !filled_by.is_empty(),
        unix_places,
    })
}

/// The key's columns; none without a key. `None` if the table lacks one of them.
fn key(comment: &str, columns: &[Column]) -> Option<Vec<usize>> {
    let Some(names) = comment.strip_prefix(KEY_COMMENT) else { return Some(Vec::new()) };
    // Somebody else's comment may start with the same words.
    let Ok(names) = serde_json::from_str::<Vec<String>>(names) else { return Some(Vec::new()) };
    let position = |name: &String| columns.iter().position(|column| column.name == *name);
    names.iter().map(position).collect()
}
