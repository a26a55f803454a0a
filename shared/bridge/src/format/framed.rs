//! Keys and values that were written with a schema of a registry: which schemas they need, and what
//! they become.

use bumpalo::Bump;

use crate::event::record::Record;
use crate::format::compiled::{Compiled, Registered};
use crate::format::frame::{Frame, Framing, Part, SchemaId, is_json_schema};
use crate::format::refusal;
use crate::format::registry::{Known, KnownSchemas};
use crate::format::schema_text::SchemaKind;
use crate::json::scanner::Scanner;
use crate::model::failure::Refusal;
use crate::options::formats::{Format, Formats};

/// The frame of a part of a record; `None` if the part is missing, or read without a schema.
///
/// # Errors
/// The frame is not valid, or there is none and the format needs one.
pub(crate) fn frame<'e>(
    record: &Record<'e>,
    part: Part,
    formats: Formats,
) -> Result<Option<Frame<'e>>, Refusal> {
    found(record, part, formats).map(|found| found.map(|(_, frame)| frame))
}

/// The same, and where the frame was found.
///
/// # Errors
/// As [`frame`].
pub(crate) fn found<'e>(
    record: &Record<'e>,
    part: Part,
    formats: Formats,
) -> Result<Option<(Framing, Frame<'e>)>, Refusal> {
    let (bytes, format, place, metadata) = match part {
        Part::Key => (record.key, formats.key, formats.key_id, record.key_schema),
        Part::Value => (record.value, formats.value, formats.value_id, record.value_schema),
    };
    let Some(bytes) = bytes else { return Ok(None) };
    let is_possible = format.needs_schema() || format.may_have_schema() && formats.has_registry;
    // Lambda's mapping may have made JSON of Avro or Protobuf, which then is none of its schema.
    let is_converted = || {
        metadata.is_some_and(|metadata| {
            bytes.first() == Some(&b'{') && !is_json_schema(metadata) && is_json(bytes)
        })
    };
    if !is_possible || !format.needs_schema() && is_converted() {
        return Ok(None);
    }
    match Frame::find(record, part, bytes, place) {
        Some((_, Err(why))) => Err(refusal::not_framed(part, &why)),
        Some((framing, Ok(frame))) => Ok(Some((framing, frame))),
        None if format.needs_schema() => Err(refusal::no_frame(part)),
        None => Ok(None),
    }
}

fn is_json(bytes: &[u8]) -> bool {
    simdutf8::basic::from_utf8(bytes).is_ok_and(|text| {
        let mut scanner = Scanner::new(text);
        scanner.value().and_then(|_| scanner.end()).is_ok()
    })
}

/// Adds the schemas that a record needs and nobody has asked for. A key is read only if a row needs
/// it.
pub(crate) fn gather(
    record: &Record<'_>,
    formats: Formats,
    needs_key: bool,
    known: &KnownSchemas,
    wanted: &mut Vec<SchemaId>,
) {
    let parts = if needs_key { &[Part::Value, Part::Key][..] } else { &[Part::Value] };
    for part in parts {
        // A frame that is not valid is refused when the record is decoded.
        if let Ok(Some(Frame { id, .. })) = frame(record, *part, formats)
            && !known.has(id)
            && !wanted.contains(&id)
        {
            wanted.push(id);
        }
    }
}

/// What is known about the schemas that a record names: of its value, and of its key if a row needs
/// it.
pub(crate) fn named(
    record: &Record<'_>,
    formats: Formats,
    needs_key: bool,
    known: &KnownSchemas,
) -> [Option<Known>; 2] {
    let named = |part| {
        let named = known.get(frame(record, part, formats).ok().flatten()?.id)?;
        Some(match &named {
            Known::Compiled(compiled) => match check(compiled, format(formats, part)) {
                Ok(()) => named,
                Err(why) => Known::Unusable(why.into()),
            },
            _ => named,
        })
    };
    [named(Part::Value), needs_key.then(|| named(Part::Key)).flatten()]
}

/// Whether a record has a value that names no schema and needs none.
pub(crate) fn is_plain(record: &Record<'_>, formats: Formats) -> bool {
    record.value.is_some() && matches!(frame(record, Part::Value, formats), Ok(None))
}

/// Decodes a part of a record; `None` as for [`frame`]. With `by_field` it is asked for fields.
///
/// # Errors
/// The frame or the payload is not valid, or the registry does not have the schema.
pub(crate) fn decode<'e>(
    record: &Record<'e>,
    part: Part,
    formats: Formats,
    known: &KnownSchemas,
    by_field: bool,
    arena: &'e Bump,
) -> Result<Option<Registered<'e>>, Refusal> {
    let Some(frame) = frame(record, part, formats)? else { return Ok(None) };
    let compiled = match known.get(frame.id) {
        Some(Known::Compiled(compiled)) => compiled,
        Some(Known::Unusable(why)) => return Err(refusal::unusable_schema(part, frame.id, &why)),
        Some(Known::Missing) | None => return Err(refusal::unknown_schema(part, frame.id)),
    };
    check(&compiled, format(formats, part))
        .map_err(|why| refusal::unusable_schema(part, frame.id, &why))?;
    let compiled = match formats.flatten_unions {
        true => compiled,
        false => compiled.with_objects().map_err(|why| refusal::not_framed(part, &why))?,
    };
    let decoded = compiled.decode(&frame, by_field, arena);
    decoded.map(Some).map_err(|wrong| refusal::undecodable(part, frame.id, compiled.kind, wrong))
}

fn format(formats: Formats, part: Part) -> Format {
    if part == Part::Key { formats.key } else { formats.value }
}

/// Checks that the schema is of the language that the format names.
fn check(compiled: &Compiled, format: Format) -> Result<(), String> {
    let expected = match format {
        Format::Avro => SchemaKind::Avro,
        Format::Protobuf => SchemaKind::Protobuf,
        Format::JsonSchema => SchemaKind::Json,
        _ => return Ok(()),
    };
    match compiled.kind == expected {
        true => Ok(()),
        false => Err(format!("as {expected}: it is {}", compiled.kind)),
    }
}
