//! The README's table of options is the constants' own text; `UPDATE_README=1` writes it again.

use analyticdb_mysql::MySqlSink;
use sluice_runtime::{Kind, connector_options};
use sluice_testkit::readme;

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_table_of_options_is_true() {
    readme::tells_options(FOLDER, connector_options::<MySqlSink>());
}

#[test]
fn every_error_type_is_listed() {
    readme::lists_error_types(FOLDER, Kind::ALL.map(Kind::name));
}
