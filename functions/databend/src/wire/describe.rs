//! The questions about tables.

use sluice_bridge::model::table::TableName;

use crate::wire::literal::text;

/// The columns of a table in their order: name, type as the server itself and as its SQL names it, whether it may be
/// null, the kind of its default, the default; and the table's comment.
pub(crate) fn columns(name: &TableName) -> String {
    format!(
        "SELECT c.name, c.type, c.data_type, c.is_nullable, c.default_kind, c.default_expression, t.comment \
         FROM system.columns c JOIN system.tables t ON t.database = c.database AND t.name = c.table \
         WHERE c.database = {0} AND c.table = {1} AND t.database = {0} AND t.name = {1}",
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
