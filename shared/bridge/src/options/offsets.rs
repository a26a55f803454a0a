//! Exactly once: where offsets are stored, and under which name.

use crate::model::table::TableName;
use crate::options::settings::{Opt, Settings};

/// `exactly.once.enabled`
pub const EXACTLY_ONCE_ENABLED: Opt = Opt::new("exactly.once.enabled", "Whether offsets are stored in the target and committed with the rows: a redelivered record is then filtered, also with `insert.mode=insert`.").or("false");
/// `offsets.table`
pub const OFFSETS_TABLE: Opt = Opt::new(
    "offsets.table",
    "The table of these offsets: one row for each connector (`name`), topic, partition and table. It is created on first use.",
)
.or("sluice_offsets");

/// Where offsets are stored, and for which connector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OffsetsTable {
    /// The table.
    pub table: TableName,
    /// The connector's name.
    pub connector: String,
}

impl OffsetsTable {
    /// Reads the options and notes every problem; `None` if exactly once is off. `name` is the
    /// option with the connector's name.
    pub(crate) fn from_settings(settings: &mut Settings, name: &Opt) -> Option<Self> {
        if !settings.flag(&EXACTLY_ONCE_ENABLED) {
            return None;
        }
        let Some(connector) = settings.text(name).map(str::to_owned) else {
            settings.problem(
                "exactly.once.enabled=true needs the option name: offsets are stored under it",
            );
            return None;
        };
        match TableName::parse(settings.text(&OFFSETS_TABLE).unwrap_or_default()) {
            Ok(table) => Some(Self { table, connector }),
            Err(why) => {
                settings.problem(format!("offsets.table: {why}"));
                None
            }
        }
    }
}
