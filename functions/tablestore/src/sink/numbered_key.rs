//! `auto.create.auto.increment`: what does not go together with a key that the service numbers is refused at start,
//! before a table is made that can take no record.

use sluice_bridge::options::rules::{COORDINATES, DELETE_ENABLED, INSERT_MODE, PK_FIELDS, PK_MODE};
use sluice_bridge::options::{Opt, Settings};

use crate::catalog::create::AUTO_INCREMENT_COLUMN;
use crate::types::limits::check_name;
use crate::write::plan::INSERT_CONDITION;

/// Reports every option that is not possible with a numbered column.
pub(super) fn check(settings: &mut Settings) {
    let Some(column) = settings.given(&AUTO_INCREMENT_COLUMN).map(str::to_owned) else { return };
    let option = AUTO_INCREMENT_COLUMN.name;
    check_name(settings, &AUTO_INCREMENT_COLUMN);
    let fields = settings.list(&PK_FIELDS);
    let is = |settings: &Settings, opt: &Opt, value: &str| {
        settings.given(opt).is_some_and(|given| given.eq_ignore_ascii_case(value))
    };
    let is_kafka = is(settings, &PK_MODE, "kafka");
    let is_of_key = match is_kafka && fields.is_empty() {
        true => COORDINATES.contains(&column.as_str()),
        false => fields.contains(&column),
    };
    if is_of_key {
        settings.problem(format!(
            "{option} is `{column}`, which is a column of the key already: name another column, which the service adds to the end of the key"
        ));
    }
    if fields.is_empty() && is(settings, &PK_MODE, "record_key") {
        settings.problem(format!(
            "{option} needs {}: the fields of the key, which stand before the column that the service numbers",
            PK_FIELDS.name
        ));
    }
    for value in ["upsert", "update"] {
        if is(settings, &INSERT_MODE, value) {
            settings.problem(format!(
                "insert.mode={value} is not possible with {option}: no record knows the number of its row, so no row is found"
            ));
        }
    }
    if is(settings, &DELETE_ENABLED, "true") {
        settings.problem(format!(
            "delete.enabled=true is not possible with {option}: no record knows the number of its row, so no row is found"
        ));
    }
    if is(settings, &INSERT_CONDITION, "expect_not_exist") {
        settings.problem(format!(
            "{} must not be expect_not_exist with {option}: the service numbers each row anew",
            INSERT_CONDITION.name
        ));
    }
}
