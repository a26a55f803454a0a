//! Why a value cannot become a row, in words. No word is the record's, save the names of its
//! keys, and those are cut short.

use std::borrow::Cow;

use crate::failure::{Cause, Refusal, Stage};
use crate::json::Scanner;
use crate::syntax::Syntax;
use crate::table::Table;

pub(crate) fn not_json(wrong: Syntax) -> Refusal {
    let message = format!("the value is not JSON: {} (at byte {})", wrong.what, wrong.at);
    Refusal::new(Stage::Value, message)
}

/// What stands where an object should.
pub(crate) fn not_an_object(mut scanner: Scanner<'_>) -> Refusal {
    match scanner.value() {
        Ok(value) => {
            let kind = value.kind();
            let message =
                format!("the value is a JSON {kind}, not an object with a key for each column");
            Refusal::new(Stage::Value, message)
        }
        Err(wrong) => not_json(wrong),
    }
}

pub(crate) fn broken_text(what: &str) -> Refusal {
    Refusal::new(Stage::Value, format!("the value is not text: {what}"))
}

pub(crate) fn unknown_key(table: &Table, key: &str) -> Refusal {
    let key = shown(key);
    let message = format!(
        "the key `{key}` has no column in table {}: add the column, name it in fields.mapping or fields.exclude.list, or set fields.unknown",
        table.name
    );
    Refusal { stage: Stage::Mapping, cause: Cause::new(message).at_column(&key) }
}

/// Two keys, neither spelled like the column, mean the same one.
pub(crate) fn ambiguous(table: &Table, column: usize, one: &str, other: &str) -> Refusal {
    let name = &table.columns[column].name;
    let (one, other) = (shown(one), shown(other));
    let message = format!("the keys `{one}` and `{other}` both mean column \"{name}\"");
    Refusal { stage: Stage::Mapping, cause: Cause::new(message).at_column(name) }
}

/// A key as an error shows it: it may be of any length.
fn shown(key: &str) -> Cow<'_, str> {
    const MOST: usize = 100;
    match key.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &key[..end]).into(),
        None => key.into(),
    }
}
