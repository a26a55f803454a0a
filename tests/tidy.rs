//! What is easily forgotten: the same rooms in every connector, options that exist, pointers that
//! point somewhere, and nothing of the machine it was written on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use sluice_tests::services::repository;

/// What every connector has, whatever its kind.
const EVERYWHERE: &[&str] = &["README.md", "src/main.rs", "src/lib.rs"];
/// What a sink has as well, so that whoever knows one sink knows all.
const OF_A_SINK: &[&str] = &[
    "src/fault.rs",
    "src/types.rs",
    "src/values.rs",
    "src/catalog.rs",
    "src/write.rs",
    "src/sink.rs",
    "tests/contract.rs",
];
/// What a sink of SQL has as well.
const OF_SQL: &[&str] = &["src/connection.rs", "src/sql.rs", "src/compare.rs"];
/// What a sink over HTTP has in their place.
const OF_HTTP: &[&str] = &["src/endpoint.rs", "src/wire.rs"];
/// What a source has as well.
const OF_A_SOURCE: &[&str] = &["src/source.rs", "tests/contract.rs"];

/// The kind stands in `[package.metadata.sluice]` of a connector's Cargo.toml.
#[test]
fn every_connector_has_the_rooms_of_its_kind() {
    for connector in connectors() {
        let manifest = read(&connector.join("Cargo.toml"));
        let rooms = match manifest.lines().find_map(|line| line.strip_prefix("kind = ")) {
            Some("\"sink\"") if connector.join("src/sql.rs").is_file() => [OF_A_SINK, OF_SQL],
            Some("\"sink\"") => [OF_A_SINK, OF_HTTP],
            Some("\"source\"") => [OF_A_SOURCE, &[]],
            kind => panic!("{}: its kind is {kind:?}", connector.display()),
        };
        for room in EVERYWHERE.iter().chain(rooms.concat().iter()) {
            let room = connector.join(room);
            assert!(room.is_file(), "there is no {}", room.display());
        }
    }
}

#[test]
fn every_variable_that_is_told_of_exists() {
    let known = known_variables();
    assert!(known.contains("SLUICE_INSERT_MODE"), "the README tables are read: {known:?}");
    for (file, text) in tracked() {
        let told = file.extension().is_some_and(|extension| extension == "md")
            || file.starts_with("scripts");
        let unknown: Vec<_> =
            variables(&text).filter(|word| told && !known.contains(*word)).collect();
        assert!(unknown.is_empty(), "{}: no option has {unknown:?}", file.display());
    }
}

#[test]
fn every_file_on_the_map_exists() {
    let map = read(Path::new("ARCHITECTURE.md"));
    let words = map.split('`').skip(1).step_by(2);
    let files: Vec<_> = words.filter(|word| word.contains('/') && word.ends_with(".rs")).collect();
    assert!(files.len() > 5, "the map names files: {files:?}");
    for file in files {
        let (room, rest) = file.split_once('/').expect("it has a slash");
        let shared = repository().join("shared").join(room).join("src").join(rest);
        let is_known = shared.is_file() || repository().join(file).is_file();
        assert!(
            is_known || OF_A_SINK.contains(&file) || OF_SQL.contains(&file),
            "ARCHITECTURE.md: there is no {file}"
        );
    }
}

#[test]
fn nothing_names_a_machine_or_a_registry() {
    // In pieces, or this file would name them.
    let machine = ["work", "root", "home"].map(|top| format!("/{top}/"));
    let registries = [["crates", "io"], ["npmjs", "org"], ["pypi", "org"], ["maven", "org"]];
    let registries = registries.map(|parts| parts.join("."));
    for (file, text) in tracked() {
        // Written by cargo, which names where each package is from.
        if file.ends_with("Cargo.lock") {
            continue;
        }
        for name in machine.iter().chain(&registries) {
            assert!(!text.contains(name), "{} names {name}", file.display());
        }
    }
}

fn connectors() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(repository().join("functions")).expect("functions/");
    let folders: Vec<_> =
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
    assert!(!folders.is_empty(), "there is a connector");
    folders
}

/// The variables of the options in the connectors' README tables, the file that holds options,
/// and the prefix itself.
fn known_variables() -> BTreeSet<String> {
    let mut known: BTreeSet<_> = ["SLUICE_CONFIG", "SLUICE_"].map(str::to_owned).into();
    for connector in connectors() {
        let readme = read(&connector.join("README.md"));
        let (_, table) = readme.split_once("<!-- options:").expect("a table of options");
        let (table, _) = table.split_once("<!-- end of options -->").expect("its end");
        let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        known.extend(rows.map(|name| format!("SLUICE_{}", name.to_uppercase().replace('.', "_"))));
    }
    known
}

fn variables(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_');
    words.filter(|word| word.starts_with("SLUICE_"))
}

fn read(path: &Path) -> String {
    let path = repository().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every text file under version control, by its path in the repository.
fn tracked() -> Vec<(PathBuf, String)> {
    let listed = Command::new("git").arg("-C").arg(repository()).args(["ls-files", "-z"]).output();
    let listed = listed.expect("git runs");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).expect("paths are text");
    let paths = names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from);
    let texts = paths.filter_map(|path| {
        let text = std::fs::read_to_string(repository().join(&path)).ok()?;
        Some((path, text))
    });
    texts.collect()
}
