//! The README's table of options is the constants' own text; `UPDATE_README=1` writes it anew.

use std::path::Path;

use analyticdb_mysql::MySqlSink;
use sluice_runtime::{Kind, connector_options};

const BEGIN: &str = "<!-- options: written by tests/readme.rs -->\n";
const END: &str = "<!-- end of options -->";

#[test]
fn the_table_of_options_is_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect("the README has a table of options");
    let (table, after) = rest.split_once(END).expect("the table of options ends");
    let expected = options();
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{expected}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(table, expected, "run this test with UPDATE_README=1 to write the table anew");
}

#[test]
fn every_error_type_is_listed() {
    let readme = include_str!("../README.md");
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `Sluice."));
    let listed: Vec<String> =
        rows.filter_map(|row| Some(format!("Sluice.{}", row.split('`').next()?))).collect();
    assert_eq!(listed, Kind::ALL.map(Kind::name));
}

fn options() -> String {
    let mut table = "| option | default | what it does |\n|---|---|---|\n".to_owned();
    for option in connector_options::<MySqlSink>() {
        let default = option.default.map_or(String::new(), |default| format!("`{default}`"));
        table +=
            &format!("| `{}` | {default} | {} |\n", option.name, option.doc.replace('|', "\\|"));
    }
    table
}
