//! Names in SQL, of whatever characters they are.

use sluice_bridge::model::table::TableName;
use sluice_sql::quote;

const MARK: char = '"';

/// An identifier that cannot be anything else.
pub(crate) fn quote(name: &str) -> String {
    quote::quote(name, MARK)
}

/// A table's name, schema first.
pub(crate) fn quote_table(name: &TableName) -> String {
    quote::quote_table(name, MARK)
}
