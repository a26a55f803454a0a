//! The parts of a connector's README about options and error types that are checked.

use std::path::{Path, PathBuf};

use sluice_bridge::options::Opt;

const BEGIN: &str = "<!-- options: written by tests/readme.rs -->\n";
const END: &str = "<!-- end of options -->";

/// Checks that the table of options equals the text of the constants; with `UPDATE_README=1` in the
/// environment it writes the table instead. `folder` is the connector's.
///
/// # Panics
/// If the table differs or is missing.
pub fn tells_options<'o>(folder: &str, options: impl IntoIterator<Item = &'o Opt>) {
    let (path, readme) = read(folder);
    let (before, rest) = readme.split_once(BEGIN).expect("the README has a table of options");
    let (table, after) = rest.split_once(END).expect("the table of options ends");
    let expected = written(options);
    if std::env::var_os("UPDATE_README").is_some() {
        let readme = format!("{before}{BEGIN}{expected}{END}{after}");
        std::fs::write(path, readme).expect("the README can be written");
        return;
    }
    assert_eq!(table, expected, "run this test with UPDATE_README=1 to write the table again");
}

/// Checks that the table of error types has these, in this order.
///
/// # Panics
/// If they differ.
pub fn lists_error_types<'k>(folder: &str, kinds: impl IntoIterator<Item = &'k str>) {
    let (_, readme) = read(folder);
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `Sluice."));
    let listed: Vec<String> =
        rows.filter_map(|row| Some(format!("Sluice.{}", row.split('`').next()?))).collect();
    assert_eq!(listed, kinds.into_iter().collect::<Vec<_>>());
}

fn read(folder: &str) -> (PathBuf, String) {
    let path = Path::new(folder).join("README.md");
    let readme = std::fs::read_to_string(&path).expect("there is a README");
    (path, readme)
}

fn written<'o>(options: impl IntoIterator<Item = &'o Opt>) -> String {
    let mut table = "| option | default | what it does |\n|---|---|---|\n".to_owned();
    for option in options {
        let default = option.default.map_or(String::new(), |default| format!("`{default}`"));
        let doc = option.doc.replace('|', "\\|");
        table += &format!("| `{}` | {default} | {doc} |\n", option.name);
    }
    table
}
