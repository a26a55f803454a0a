//! The questions about tables.

use sluice_bridge::model::table::TableName;

use crate::wire::literal::text;

/// The columns of a table in their order: name, type as the server itself and as its SQL names it, whether it may be
/// null, the kind of its default, the default.
pub(crate) fn columns(name: &TableName) -> String {
    format!(
        "SELECT name, type, data_type, is_nullable, default_kind, default_expression FROM system.columns \
         WHERE database = {} AND table = {}",
        database(name),
        text(&name.name)
    )
}

/// The comment of a table.
pub(crate) fn comment(name: &TableName) -> String {
    format!(
        "SELECT comment FROM system.tables WHERE database = {} AND name = {}",
        database(name),
        text(&name.name)
    )
}

/// A table whose name differs only in case, or by quotes.
pub(crate) fn similar(name: &TableName) -> String {
    let bare = name.name.trim_matches(['"', '`', '\'']).to_lowercase();
    format!(
        "SELECT database, name FROM system.tables WHERE database = {} AND lower(name) = {} ORDER BY name LIMIT 1",
        database(name),
        text(&bare)
    )
}

fn database(name: &TableName) -> String {
    name.schema.as_deref().map_or_else(|| "currentDatabase()".to_owned(), text)
}
