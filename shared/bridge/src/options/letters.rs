//! Letters in a table of the target, for connectors that have one. Where letters go otherwise is not known here.

use crate::options::settings::Opt;

/// `errors.table.name`
pub const ERRORS_TABLE: Opt = Opt::new(
    "errors.table.name",
    "A table for letters, instead of the two topics: a row for each record that cannot be written. It must exist.",
);
