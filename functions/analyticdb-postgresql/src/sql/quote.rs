//! Quotes names in SQL. A name may contain any characters.

use sluice_bridge::model::table::TableName;
use sluice_sql::quote;

const MARK: char = '"';

/// A quoted identifier.
pub(crate) fn quote(name: &str) -> String {
    quote::quote(name, MARK)
}

/// A quoted table name, after its schema.
pub(crate) fn quote_table(name: &TableName) -> String {
    quote::quote_table(name, MARK)
}
