//! What time-series tables do not have: a configuration that asks for it is refused.

use sluice_bridge::options::rules::{DELETE_ENABLED, INSERT_MODE, PK_MODE};
use sluice_bridge::options::{Opt, Settings};

use crate::catalog::create;
use crate::types::options::VERSION_COLUMN;
use crate::types::series::MODE;
use crate::write::plan;

/// Options that only data tables have.
const OF_DATA_TABLES: [&Opt; 7] = [
    &VERSION_COLUMN,
    &plan::INSERT_CONDITION,
    &plan::DELETE_COLUMNS,
    &create::MAX_VERSIONS,
    &create::RESERVED_READ,
    &create::RESERVED_WRITE,
    &create::AUTO_INCREMENT_COLUMN,
];

/// The one value that an option of the rules may have, and why it may have no other.
const RULES: [(&Opt, &str, &str); 3] = [
    (&INSERT_MODE, "insert", "a point replaces the one of its series and time"),
    (
        &PK_MODE,
        "none",
        "a point is found by its measurement, data source, tags and time; fields.mapping=$key.NAME:COLUMN takes a part of it from the record's key",
    ),
    (&DELETE_ENABLED, "false", "the service deletes no point"),
];

/// Reports every option that is set although the tables are time series. A default value is no problem.
pub(super) fn refuse(settings: &mut Settings) {
    let is_set = |option: &Opt, only: Option<&str>| {
        settings.given(option).is_some_and(|given| Some(given) != only)
    };
    let own = OF_DATA_TABLES.iter().filter(|option| is_set(option, option.default));
    let own =
        own.map(|option| format!("{} is not possible with {}=timeseries", option.name, MODE.name));
    let rules = RULES.iter().filter(|(option, value, _)| is_set(option, Some(*value)));
    let rules = rules.map(|(option, value, why)| {
        format!("{} must be {value} with {}=timeseries: {why}", option.name, MODE.name)
    });
    let problems: Vec<String> = own.chain(rules).collect();
    problems.into_iter().for_each(|problem| settings.problem(problem));
}
