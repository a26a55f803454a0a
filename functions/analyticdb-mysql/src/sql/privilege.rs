//! Messages about missing privileges.

use sluice_bridge::model::failure::Cause;
use sluice_bridge::model::table::TableName;

use crate::sql::quote::quote_table;

/// Why only a part of a table is visible, and what to do.
pub(crate) fn partly_visible(name: &TableName) -> Cause {
    let grant = quote_table(name);
    Cause::new(format!(
        "the user has privileges on some columns of table {name} only and cannot see the others: GRANT SELECT ON {grant}"
    ))
}
