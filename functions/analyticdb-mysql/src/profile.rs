//! What a server can do, as data: one decision for each connection.

use sluice_bridge::options::{Opt, Settings};

/// `dialect.name`
pub(crate) const DIALECT_NAME: Opt = Opt::new(
    "dialect.name",
    "What the server is: `mysql`, `mariadb`, `adb-mysql`, or `auto`, which asks it.",
)
.or("auto");

/// What the configuration says of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Auto,
    MySql,
    MariaDb,
    AnalyticDb,
}

impl Dialect {
    /// Reads `dialect.name`, noting its problem.
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        let choices = [
            ("auto", Dialect::Auto),
            ("mysql", Dialect::MySql),
            ("mariadb", Dialect::MariaDb),
            ("adb-mysql", Dialect::AnalyticDb),
        ];
        settings.choice(&DIALECT_NAME, &choices)
    }
}
