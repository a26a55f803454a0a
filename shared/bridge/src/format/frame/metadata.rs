//! What Lambda's event source mapping says about a payload from which it took the frame:
//! `{"dataFormat":"AVRO","schemaId":"17"}`, with Glue's UUID or Confluent's number.

use super::parts::{Frame, Pointer, Reason, SchemaId};
use crate::json::scanner::Scanner;
use crate::json::value::Value;
use crate::values::binary;

/// No number has so many digits; a UUID has more.
const LONGEST_NUMBER: usize = 20;

/// Whether the metadata say that the payload is of JSON Schema, so that it is JSON in every form.
pub(crate) fn is_json_schema(metadata: &str) -> bool {
    let format = Scanner::new(metadata).value().ok().and_then(|it| it.member("dataFormat"));
    matches!(format, Some(Value::Text(raw)) if raw.to_text().is_ok_and(|name| name == "JSON"))
}

/// The frame that the metadata stands for; `None` if it names no schema.
pub(super) fn frame<'e>(metadata: &str, payload: &'e [u8]) -> Option<Result<Frame<'e>, Reason>> {
    let metadata = Scanner::new(metadata).value().ok()?;
    let id = match metadata.member("schemaId")? {
        Value::Text(raw) => raw.to_text().ok()?,
        Value::Number(digits) => digits.to_owned(),
        _ => return None,
    };
    let (id, pointer) = match id.len() {
        0 => return None,
        1..=LONGEST_NUMBER => (id.parse().ok().map(SchemaId::Number), Pointer::Indexes),
        _ => (binary::uuid(&id).ok().map(SchemaId::Glue), Pointer::Sorted),
    };
    let Some(id) = id else {
        return Some(Err("the event names its schema by an id of an unknown form".into()));
    };
    let bare_bytes = pointer == Pointer::Indexes;
    Some(Ok(Frame { bare_bytes, ..Frame::new(id, payload, pointer) }))
}
