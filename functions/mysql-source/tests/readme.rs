//! The README's table of options is the constants' own text; `UPDATE_README=1` writes it anew.

use mysql_source::MySqlSource;
use sluice_runtime::{Kind, source_options};
use sluice_testkit::readme;

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_table_of_options_is_true() {
    readme::tells_options(FOLDER, source_options::<MySqlSource>());
}

/// A source has no event and no bad record.
#[test]
fn every_error_type_is_listed() {
    let kinds = Kind::ALL.into_iter();
    let kinds = kinds.filter(|kind| !matches!(kind, Kind::NotAnEvent | Kind::BadRecord));
    readme::lists_error_types(FOLDER, kinds.map(Kind::name));
}
