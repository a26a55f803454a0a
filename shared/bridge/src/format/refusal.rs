//! The messages for values that cannot become a row. They never contain values of the record; names
//! of keys are cut off after 100 characters.

use std::borrow::Cow;

use crate::format::compiled::Wrong;
use crate::format::frame::{Part, SchemaId};
use crate::format::mismatch::{Mismatch, NotConvertible};
use crate::format::schema_text::SchemaKind;
use crate::format::undecodable::Undecodable;
use crate::json::scanner::Scanner;
use crate::json::syntax::{Syntax, TOO_DEEP};
use crate::model::failure::{Cause, Refusal, Stage};
use crate::model::table::{Table, TableName};

pub(crate) fn not_json(wrong: Syntax) -> Refusal {
    Refusal::new(Stage::Value, not_json_text("the value", wrong))
}

/// The same for a part of the record, such as its key.
pub(crate) fn not_json_text(part: &str, Syntax { what, at }: Syntax) -> String {
    match what {
        TOO_DEEP => format!("{part} is {TOO_DEEP} (at byte {at}): deeper nesting is not supported"),
        _ => format!("{part} is not JSON: {what} (at byte {at})"),
    }
}

/// Bytes that a schema registry's serializer wrote, where they are read without a registry: a zero,
/// and the schema's number in four bytes.
pub(crate) fn framed(part: &str, bytes: &[u8]) -> Option<String> {
    let id = bytes.strip_prefix(&[0])?.first_chunk().map(|id| u32::from_be_bytes(*id))?;
    Some(format!(
        "{part} has the format of a schema registry (schema {id}): Avro, Protobuf and JSON Schema need schema.registry.url, a format such as auto, and value.schema.id (or key.schema.id) of this framing, such as auto"
    ))
}

/// A part of the record as a sentence begins with it, and the step that reads it.
fn spoken(part: Part) -> (&'static str, Stage) {
    match part {
        Part::Key => ("the record's key", Stage::Key),
        Part::Value => ("the value", Stage::Value),
    }
}

/// What says which schema a part was written with is not valid.
pub(crate) fn not_framed(part: Part, why: &str) -> Refusal {
    let (whole, stage) = spoken(part);
    Refusal::new(stage, format!("{whole} does not have the format of a schema registry: {why}"))
}

/// Nothing says which schema a part was written with.
pub(crate) fn no_frame(part: Part) -> Refusal {
    not_framed(part, "nothing says which schema it was written with (see value.schema.id)")
}

/// The registry does not have the schema of a part.
pub(crate) fn unknown_schema(part: Part, id: SchemaId) -> Refusal {
    let (whole, stage) = spoken(part);
    let message = format!("{whole} was written with {id}, which the schema registry does not have");
    Refusal::new(stage, message)
}

/// The schema of a part cannot be used.
pub(crate) fn unusable_schema(part: Part, id: SchemaId, why: &str) -> Refusal {
    let (whole, stage) = spoken(part);
    Refusal::new(stage, format!("{whole} was written with {id}, which cannot be used {why}"))
}

/// A part is not what its schema says.
pub(crate) fn undecodable(part: Part, id: SchemaId, kind: SchemaKind, wrong: Wrong) -> Refusal {
    let (whole, stage) = spoken(part);
    let Undecodable { path, at, what } = match wrong {
        Wrong::Frame(why) => return not_framed(part, &why),
        Wrong::Payload(wrong) => wrong,
    };
    let path = shown(path.trim_start_matches('.'));
    let place = match &*path {
        "" => whole.to_owned(),
        path => format!("the field `{path}` of {whole}"),
    };
    let message =
        format!("{place} is not {kind} as {id} says: {what} (at byte {at} of its payload)");
    let cause = Cause::new(message);
    Refusal { stage, cause: if path.is_empty() { cause } else { cause.at_column(&path) } }
}

/// The refusal of a value that is not an object.
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

/// The refusal of a part of the value or of the key; `name` is the field that contains it, empty
/// for the whole.
pub(crate) fn wrong(stage: Stage, name: &str, wrong: NotConvertible) -> Refusal {
    let whole = if stage == Stage::Key { "the record's key" } else { "the value" };
    match wrong {
        NotConvertible::Text(what) => Refusal::new(stage, format!("{whole} is not text: {what}")),
        NotConvertible::Declared(Mismatch { path, expected, given, why }) => {
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

/// No column can be added for a key.
pub(crate) fn no_column(table: &Table, key: &str, why: &str) -> Refusal {
    let key = shown(key);
    let message =
        format!("the key `{key}` has no column in table {} and cannot get one: {why}", table.name);
    Refusal { stage: Stage::Mapping, cause: Cause::new(message).at_column(&key) }
}

/// The table of a record does not exist and cannot be created.
pub(crate) fn no_table(name: &TableName, why: &str) -> Refusal {
    let message = format!("table {name} does not exist and cannot be created: {why}");
    Refusal::new(Stage::Mapping, message)
}

/// It is not known whether a key has a column: the description of the table may lack some.
pub(crate) fn hidden(table: &Table, key: &str, why: &Cause) -> Cause {
    let key = shown(key);
    let message = format!(
        "the key `{key}` has no column that can be seen in table {}: {}; or name it in fields.exclude.list",
        table.name, why.message
    );
    Cause::new(message).at_column(&key)
}

/// Two keys match the same column, and neither is spelled like it.
pub(crate) fn ambiguous(table: &Table, column: usize, one: &str, other: &str) -> Refusal {
    let name = &table.columns[column].name;
    let (one, other) = (shown(one), shown(other));
    let message = format!("the keys `{one}` and `{other}` both match column \"{name}\"");
    Refusal { stage: Stage::Mapping, cause: Cause::new(message).at_column(name) }
}

/// The keys of two objects are flattened to one name.
pub(crate) fn collision(key: &str) -> Refusal {
    let key = shown(key);
    let message = format!(
        "two keys are flattened to `{key}`, and one value would be lost: set another flatten.delimiter"
    );
    Refusal { stage: Stage::Mapping, cause: Cause::new(message).at_column(&key) }
}

/// A key as an error shows it: it may be of any length.
pub(crate) fn shown(key: &str) -> Cow<'_, str> {
    const MOST: usize = 100;
    match key.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &key[..end]).into(),
        None => key.into(),
    }
}
