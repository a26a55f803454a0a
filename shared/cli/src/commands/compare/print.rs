//! Prints the outcome of a comparison, as text or as JSON.

use std::fmt::Write;

use serde_json::{Value, json};
use sluice_trigger::compare::{ComparisonReport, Depth, Difference, DifferenceKind};

/// The outcome as text.
pub(crate) fn text(outcome: &ComparisonReport) -> String {
    let mut text = String::new();
    let [source, copy] = &outcome.sides;
    let width = source.table.chars().count().max(copy.table.chars().count());
    for (name, side) in [("source", source), ("copy", copy)] {
        line(&mut text, format_args!("{name:<6}  {:<width$}  {} rows", side.table, side.rows));
    }
    if outcome.depth != Depth::Counts {
        columns(&mut text, outcome);
    }
    if outcome.differences.is_empty() {
        line(&mut text, format_args!("{}", verdict(outcome)));
        return text;
    }
    let keys: Vec<String> = outcome.differences.iter().map(key).collect();
    let width = keys.iter().map(|key| key.chars().count()).max().unwrap_or(0).min(60);
    for (difference, key) in outcome.differences.iter().zip(&keys) {
        row(&mut text, difference, key, width);
    }
    line(&mut text, format_args!("{}", verdict(outcome)));
    text
}

fn columns(text: &mut String, outcome: &ComparisonReport) {
    let names: Vec<&str> = outcome.columns.iter().map(|column| column.names[0].as_str()).collect();
    let by = match outcome.key.as_slice() {
        [] => "without a key".to_owned(),
        key => format!("by {}", key.join(", ")),
    };
    line(text, format_args!("compared {by}: {}", names.join(", ")));
    for (name, side) in ["source", "copy"].iter().zip(&outcome.sides) {
        if !side.only.is_empty() {
            line(text, format_args!("only in the {name}: {}", side.only.join(", ")));
        }
    }
    for column in outcome.columns.iter().filter(|column| column.is_by_text) {
        let [one, other] = &column.types;
        let name = &column.names[0];
        line(
            text,
            format_args!("column {name} is {one} and {other}: compared as each database writes it"),
        );
    }
}

fn row(text: &mut String, difference: &Difference, key: &str, width: usize) {
    let what = match difference.kind {
        DifferenceKind::Changed if difference.columns.is_empty() => "differs".to_owned(),
        DifferenceKind::Changed => {
            let names = difference.columns.iter().map(|unlike| unlike.column.as_str());
            format!("differs in {}", names.collect::<Vec<_>>().join(", "))
        }
        DifferenceKind::OnlySource => "is missing in the copy".to_owned(),
        DifferenceKind::OnlyCopy => "is missing in the source".to_owned(),
    };
    let times = match difference.times {
        1 => String::new(),
        times => format!(" ({times} times)"),
    };
    line(text, format_args!("  {key:<width$}  {what}{times}"));
    for unlike in &difference.columns {
        if let Some([one, other]) = &unlike.values {
            line(text, format_args!("    {}: {} / {}", unlike.column, shown(one), shown(other)));
        }
    }
}

fn verdict(outcome: &ComparisonReport) -> String {
    let settled = match outcome.settled {
        0 => String::new(),
        rows => format!("; {rows} rows that differed at first are now equal"),
    };
    let found: usize = outcome.differences.iter().map(rows).sum();
    match outcome.depth {
        Depth::Counts if outcome.is_equal => {
            "the numbers of rows are equal; the rows were not compared".to_owned()
        }
        Depth::Counts => "the numbers of rows differ".to_owned(),
        _ if outcome.is_equal => format!("equal{settled}"),
        Depth::Checksums => {
            let (unlike, all) = outcome.buckets;
            format!("the tables differ: {unlike} of {all} checksums are different")
        }
        Depth::Rows if outcome.is_complete => format!("{found} rows differ{settled}"),
        Depth::Rows => {
            format!("at least {found} rows differ: --limit lists more{settled}")
        }
    }
}

/// The number of rows of a difference.
fn rows(difference: &Difference) -> usize {
    if difference.kind == DifferenceKind::Changed { 1 } else { difference.times }
}

fn key(difference: &Difference) -> String {
    let texts: Vec<String> = difference.key.iter().map(shown).collect();
    if texts.is_empty() { "a row".to_owned() } else { texts.join(", ") }
}

/// A text on one line, in quotes if it could be misread; a null is `NULL` without quotes.
fn shown(text: &Option<String>) -> String {
    let Some(text) = text else { return "NULL".to_owned() };
    let is_plain =
        |character: char| !character.is_control() && !matches!(character, '"' | '\\' | ',');
    let is_safe = !text.is_empty() && text != "NULL" && text.trim() == text;
    if is_safe && text.chars().all(is_plain) { text.clone() } else { format!("{text:?}") }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("writing to memory does not fail");
}

/// The outcome as a JSON object, for scripts.
pub(crate) fn document(outcome: &ComparisonReport) -> Value {
    let [source, copy] = &outcome.sides;
    let side = |side: &sluice_trigger::compare::SideReport| json!({ "table": side.table, "rows": side.rows, "only": side.only });
    let column = |column: &sluice_trigger::compare::ColumnReport| {
        json!({
            "source": column.names[0], "copy": column.names[1], "types": column.types,
            "as": column.class, "byText": column.is_by_text,
        })
    };
    json!({
        "equal": outcome.is_equal,
        "source": side(source),
        "copy": side(copy),
        "key": outcome.key,
        "columns": outcome.columns.iter().map(column).collect::<Vec<_>>(),
        "checksums": { "all": outcome.buckets.1, "different": outcome.buckets.0 },
        "differences": outcome.differences.iter().map(difference).collect::<Vec<_>>(),
        "complete": outcome.is_complete,
        "settled": outcome.settled,
    })
}

fn difference(difference: &Difference) -> Value {
    let kind = match difference.kind {
        DifferenceKind::Changed => "changed",
        DifferenceKind::OnlySource => "only in source",
        DifferenceKind::OnlyCopy => "only in copy",
    };
    let columns = difference.columns.iter().map(|unlike| match &unlike.values {
        Some([one, other]) => json!({ "column": unlike.column, "source": one, "copy": other }),
        None => json!({ "column": unlike.column }),
    });
    let columns: Vec<Value> = columns.collect();
    json!({ "key": difference.key, "kind": kind, "times": difference.times, "columns": columns })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_null_is_no_text() {
        let of = |text: &str| shown(&Some(text.to_owned()));
        assert_eq!(shown(&None), "NULL");
        assert_eq!(of("NULL"), "\"NULL\"");
        assert_eq!(of(""), "\"\"");
        assert_eq!(of("a b"), "a b");
        assert_eq!(of("a\n"), "\"a\\n\"");
    }
}
