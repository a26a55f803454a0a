//! What is said of a privilege that the user lacks.

use sluice_bridge::model::failure::Cause;
use sluice_bridge::model::table::TableName;

use crate::sql::quote::quote_table;

/// Why a table is only seen in part, and what helps.
pub(crate) fn in_part(name: &TableName) -> Cause {
    let grant = quote_table(name);
    Cause::new(format!(
        "this user has privileges on single columns of table {name} only, and may not see others: GRANT SELECT ON {grant}"
    ))
}
