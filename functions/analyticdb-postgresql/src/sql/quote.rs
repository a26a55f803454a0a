//! Names in SQL, of whatever characters they are.

use sluice_bridge::table::TableName;

/// An identifier that cannot be anything else.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table's name, schema first.
pub(crate) fn quote_table(name: &TableName) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", quote(schema), quote(&name.name)),
        None => quote(&name.name),
    }
}
