//! Why a value cannot become a row, in words. No word is the record's, save the names of its
//! keys, and those are cut short.

use std::borrow::Cow;

use crate::declared::{Mismatch, Wrong};
use crate::failure::{Cause, Refusal, Stage};
use crate::json::Scanner;
use crate::syntax::Syntax;
use crate::table::{Table, TableName};

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

/// A part of the value or of the key that is not what it should be; `name` is the field it
/// stands in, empty for the whole.
pub(crate) fn wrong(stage: Stage, name: &str, wrong: Wrong) -> Refusal {
    let whole = if stage == Stage::Key { "the record's key" } else { "the value" };
    match wrong {
        Wrong::Text(what) => Refusal::new(stage, format!("{whole} is not text: {what}")),
        Wrong::Declared(Mismatch { path, expected, given, why }) => {
            let field = shown(&format!("{name}{path}")).into_owned();
            let place = match field.trim_start_matches('.') {
                "" => whole.to_owned(),
                field => format!("the field `{field}` of {whole}"),
            };
            let cause = Cause {
                column: (!field.is_empty()).then(|| field.into()),
                expected: Some(expected.as_str().into()),
                given: Some(given.into()),
                ..Cause::new(format!("{place} is declared as {expected}, but {why}"))
            };
            Refusal { stage, cause }
        }
    }
}

pub(crate) fn unknown_key(table: &Table, key: &str) -> Refusal {
    let key = shown(key);
    let message = format!(
        "the key `{key}` has no column in table {}: add the column, name it in fields.mapping or fields.exclude.list, or set fields.unknown",
        table.name
    );
    Refusal { stage: Stage::Mapping, cause: Cause::new(message).at_column(&key) }
}

/// A key cannot get the column that it lacks.
pub(crate) fn no_column(table: &Table, key: &str, why: &str) -> Refusal {
    let key = shown(key);
    let message =
        format!("the key `{key}` has no column in table {} and cannot get one: {why}", table.name);
    Refusal { stage: Stage::Mapping, cause: Cause::new(message).at_column(&key) }
}

/// A record's table is not there and cannot be made.
pub(crate) fn no_table(name: &TableName, why: &str) -> Refusal {
    let message = format!("table {name} does not exist and cannot be made: {why}");
    Refusal::new(Stage::Mapping, message)
}

/// Nobody knows whether a key has a column: the table may have more than were described.
pub(crate) fn hidden(table: &Table, key: &str, why: &Cause) -> Cause {
    let key = shown(key);
    let message = format!(
        "the key `{key}` has no column that can be seen in table {}: {}; or name it in fields.exclude.list",
        table.name, why.message
    );
    Cause::new(message).at_column(&key)
}

/// Two keys, neither spelled like the column, mean the same one.
pub(crate) fn ambiguous(table: &Table, column: usize, one: &str, other: &str) -> Refusal {
    let name = &table.columns[column].name;
    let (one, other) = (shown(one), shown(other));
    let message = format!("the keys `{one}` and `{other}` both mean column \"{name}\"");
    Refusal { stage: Stage::Mapping, cause: Cause::new(message).at_column(name) }
}

/// A key as an error shows it: it may be of any length.
pub(crate) fn shown(key: &str) -> Cow<'_, str> {
    const MOST: usize = 100;
    match key.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &key[..end]).into(),
        None => key.into(),
    }
}
