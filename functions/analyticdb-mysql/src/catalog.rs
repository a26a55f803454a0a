//! Describes a table: its columns with types and defaults, its unique indexes and its storage engine, all
//! read from `information_schema`.
//!
//! Not here: the statements that write (`sql`), and the values (`values`).

mod column;
pub(crate) mod query;
pub(crate) mod visibility;

use std::sync::Arc;

use mysql_async::Row;
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::{Table, TableName};

use crate::catalog::column::CatalogColumn;
use crate::catalog::query::{CatalogQuery, CatalogRows, get};
use crate::connection::profile::Profile;
use crate::connection::session::Session;
use crate::fault;
use crate::sql::privilege;
use crate::sql::quote::quote_table;
use crate::types::catalog_type::ConversionSettings;
use crate::types::shape::Shape;

/// Reads the description of a table. If the user may read the table, its definition is locked until the
/// transaction ends. `None` if the table does not exist.
///
/// # Errors
/// The catalog cannot be read.
pub(crate) async fn read(
    session: &mut Session,
    name: &TableName,
    conversion: &ConversionSettings,
) -> Result<Option<Table>, SinkError> {
    let Session { conn, profile, .. } = session;
    match CatalogQuery::of(name, profile).run(Session::conn_of(conn)?, profile).await {
        Ok(answer) => describe(answer, name, profile, conversion),
        Err(error) if fault::is_missing_table(&error) => Ok(None),
        Err(error) => Err(fault::classify_outside_rows(&error)),
    }
}

/// Builds the description from the catalog's rows. `None` if the table does not exist.
///
/// # Errors
/// `Fatal` if the catalog does not show a required property of a column.
pub(crate) fn describe(
    answer: CatalogRows,
    name: &TableName,
    profile: &Profile,
    conversion: &ConversionSettings,
) -> Result<Option<Table>, SinkError> {
    let is_ours = |row: &Row| {
        let found: String = get(row, 0).unwrap_or_default();
        found == name.name
            || !profile.has_case_sensitive_names && found.eq_ignore_ascii_case(&name.name)
    };
    let CatalogRows { columns, unique, storage, visibility } = answer;
    let columns: Vec<Row> = columns.into_iter().filter(is_ours).collect();
    if columns.is_empty() {
        return Ok(None);
    }
    let described: Vec<CatalogColumn> =
        columns.iter().map(|row| CatalogColumn::of(row, profile, &visibility)).collect();
    let position = |name: &str| described.iter().position(|column| column.name == name);
    let indexes = Indexes::of(&unique, position);
    let primary = described.iter().enumerate().filter(|(_, column)| column.is_primary);
    let primary: Vec<usize> = match indexes.primary {
        Some(primary) => primary,
        // `COLUMN_KEY` does not say whether the key has other columns, which may be invisible to this user.
        None if profile.transactional => Vec::new(),
        None => primary.map(|(position, _)| position).collect(),
    };
    // A generated invisible primary key is not a key of the records.
    let is_hidden = |position: &usize| described[*position].is_generated_key();
    let primary = if primary.iter().any(is_hidden) { Vec::new() } else { primary };
    let mut all_unique = indexes.unique;
    if !primary.is_empty() && !all_unique.contains(&primary) {
        all_unique.push(primary.clone());
    }
    let engine = match profile.transactional {
        true => storage.first().and_then(|row| get(row, 0)),
        false => Some("AnalyticDB".to_owned()),
    };
    if let Some(column) = described.iter().find(|column| column.may_be_json)
        && engine.is_some()
    {
        return Err(SinkError::fatal(format!(
            "the user cannot see whether column \"{}\" of table {name} is JSON or text: GRANT SELECT ON {}",
            column.name,
            quote_table(name)
        )));
    }
    let rolls_back = storage.first().and_then(|row| get::<String>(row, 1));
    let has =
        |place| storage.first().and_then(|row| get::<u8>(row, place)).is_some_and(|any| any > 0);
    let shape = Shape {
        columns: described.iter().map(|column| column.type_of(conversion)).collect(),
        nullable: described.iter().map(|column| column.nullable).collect(),
        unique: all_unique,
        has_partial_unique: indexes.has_partial,
        transactional: engine.is_none() || rolls_back.as_deref() == Some("YES"),
        engine,
        replaces_null: described.iter().map(|column| column.replaces_null(profile)).collect(),
        generates_numbers: described
            .iter()
            .any(|column| column.is_auto_increment || column.is_from_sequence),
        hides: visibility.may_hide(described.len()).then(|| privilege::partly_visible(name)),
        has_triggers: has(2),
    };
    let columns = described.iter().zip(&shape.columns);
    Ok(Some(Table {
        name: name.clone(),
        columns: columns.map(|(read, ty)| read.column(ty.takes())).collect(),
        primary_key: primary,
        has_side_effects: shape.has_triggers || shape.is_view() || has(3),
        shape: Arc::new(shape),
    }))
}

/// The unique indexes of a table.
struct Indexes {
    primary: Option<Vec<usize>>,
    /// The columns of each index on whole columns, including the primary key.
    unique: Vec<Vec<usize>>,
    has_partial: bool,
}

impl Indexes {
    /// Reads the rows of the unique indexes' columns.
    fn of(rows: &[Row], position: impl Fn(&str) -> Option<usize>) -> Self {
        let mut found: Vec<(String, Option<Vec<usize>>)> = Vec::new();
        for row in rows {
            let index: String = get(row, 0).unwrap_or_default();
            if found.last().is_none_or(|(last, _)| *last != index) {
                found.push((index, Some(Vec::new())));
            }
            let column = get::<String>(row, 1).and_then(|name| position(&name));
            let column = column.filter(|_| get::<u64>(row, 2).is_none());
            if let Some((_, columns)) = found.last_mut() {
                *columns = columns.take().zip(column).map(|(mut columns, column)| {
                    columns.push(column);
                    columns
                });
            }
        }
        let primary = found.iter().find(|(name, _)| name == "PRIMARY");
        Self {
            primary: primary.and_then(|(_, columns)| columns.clone()),
            has_partial: found.iter().any(|(_, columns)| columns.is_none()),
            unique: found.into_iter().filter_map(|(_, columns)| columns).collect(),
        }
    }
}
