//! `fields.mapping`: any text is read or refused, and what was read can be written again with every
//! special character escaped, and means the same.

use std::fmt::Write;

use sluice_bridge::options::mapping::{Source, Step, parse_mapping};

/// # Panics
/// The law does not hold of these bytes.
pub fn holds(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(mapping) = parse_mapping(text) else { return };
    let written: Vec<String> = mapping.iter().map(written).collect();
    let written = written.join(",");
    assert_eq!(parse_mapping(&written).as_ref(), Ok(&mapping), "written as {written}");
}

fn written((source, column): &(Source, String)) -> String {
    let source = match source {
        Source::Value(steps) => format!("${}", path(steps)),
        Source::Key(steps) => format!("$key{}", path(steps)),
        Source::Header(name) => format!("$header.{}", escaped(name)),
        Source::Topic => "$topic".to_owned(),
        Source::Partition => "$partition".to_owned(),
        Source::Offset => "$offset".to_owned(),
        Source::Timestamp => "$timestamp".to_owned(),
    };
    format!("{source}:{}", escaped(column))
}

fn path(steps: &[Step]) -> String {
    let mut path = String::new();
    for step in steps {
        let written = match step {
            Step::Member(name) => write!(path, ".{}", escaped(name)),
            Step::Item(index) => write!(path, "[{index}]"),
        };
        written.expect("text takes text");
    }
    path
}

fn escaped(text: &str) -> String {
    text.chars().flat_map(|character| ['\\', character]).collect()
}
