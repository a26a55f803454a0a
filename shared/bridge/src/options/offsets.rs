//! Exactly once: where the offsets that were reached are kept, and under which name.

use crate::model::table::TableName;
use crate::options::settings::{Opt, Settings};

/// `exactly.once.enabled`
pub const EXACTLY_ONCE_ENABLED: Opt = Opt::new("exactly.once.enabled", "Whether the offsets reached are kept in the target and committed with the rows: a redelivered record is then filtered, also with `insert.mode=insert`.").or("false");
/// `offsets.table`
pub const OFFSETS_TABLE: Opt = Opt::new(
    "offsets.table",
    "Where they are kept: one row for each connector (`name`), topic, partition and table. Made on first use.",
)
.or("sluice_offsets");

/// Where progress is kept, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// The table it is kept in.
    pub table: TableName,
    /// The connector's name.
    pub connector: String,
}

impl Ledger {
    /// Reads the options, noting every problem; `None` where nothing is asked for. `name` is the
    /// option with the connector's name.
    pub(crate) fn from_settings(settings: &mut Settings, name: &Opt) -> Option<Self> {
        if !settings.flag(&EXACTLY_ONCE_ENABLED) {
            return None;
        }
        let Some(connector) = settings.text(name).map(str::to_owned) else {
            settings.problem("exactly.once.enabled=true needs a name: offsets are kept under it");
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
