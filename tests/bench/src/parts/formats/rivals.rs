//! What a careful engineer writes with the most used crates: a value of the crate's own type for
//! each record, then the text of each column in the same arena as ours.

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value as AvroValue;
use bumpalo::Bump;
use prost_reflect::{DynamicMessage, MessageDescriptor, Value};
use sluice_bridge::model::cell::Cell;

use super::payloads::{NAMES, STATUSES, moment};
use super::turns::Failed;

/// A row from Avro after its frame.
pub(super) fn avro<'e>(
    reader: &GenericDatumReader<'_>,
    payload: &[u8],
    arena: &'e Bump,
    row: &mut [Cell<'e>],
) -> Result<(), Failed> {
    let AvroValue::Record(fields) = reader.read_value(&mut &payload[5..])? else {
        return Err("it is not a record".into());
    };
    for (name, value) in fields {
        let column = NAMES.iter().position(|known| *known == name).ok_or("an unknown field")?;
        row[column] = avro_cell(value, arena)?;
    }
    Ok(())
}

fn avro_cell(value: AvroValue, arena: &Bump) -> Result<Cell<'_>, Failed> {
    let number = |text: String| Cell::Number(arena.alloc_str(&text));
    Ok(match value {
        AvroValue::Null => Cell::Null,
        AvroValue::Union(_, inner) => avro_cell(*inner, arena)?,
        AvroValue::Long(value) => number(value.to_string()),
        AvroValue::Int(value) => number(value.to_string()),
        AvroValue::Double(value) => number(format!("{value:?}")),
        AvroValue::Boolean(truth) => Cell::Bool(truth),
        AvroValue::String(text) | AvroValue::Enum(_, text) => Cell::Text(arena.alloc_str(&text)),
        AvroValue::TimestampMillis(millis) => Cell::Text(arena.alloc_str(&moment(millis)?)),
        AvroValue::Decimal(decimal) => number(two_places(&Vec::<u8>::try_from(&decimal)?)),
        other => return Err(format!("no field has {other:?}").into()),
    })
}

/// The digits of an unscaled number that has two places.
fn two_places(bytes: &[u8]) -> String {
    let start = if bytes.first().is_some_and(|byte| byte >> 7 == 1) { -1 } else { 0 };
    let unscaled = bytes.iter().fold(start, |sum: i128, byte| sum << 8 | i128::from(*byte));
    let (sign, size) = (if unscaled < 0 { "-" } else { "" }, unscaled.unsigned_abs());
    format!("{sign}{}.{:02}", size / 100, size % 100)
}

/// A row from Protobuf after its frame.
pub(super) fn protobuf<'e>(
    order: &MessageDescriptor,
    payload: &[u8],
    arena: &'e Bump,
    row: &mut [Cell<'e>],
) -> Result<(), Failed> {
    let message = DynamicMessage::decode(order.clone(), &payload[6..])?;
    for (cell, field) in row.iter_mut().zip(order.fields()) {
        *cell = match field.supports_presence() && !message.has_field(&field) {
            true => Cell::Absent,
            false => protobuf_cell(field.number(), &message.get_field(&field), arena)?,
        };
    }
    Ok(())
}

fn protobuf_cell<'e>(field: u32, value: &Value, arena: &'e Bump) -> Result<Cell<'e>, Failed> {
    let number = |text: String| Cell::Number(arena.alloc_str(&text));
    Ok(match value {
        Value::I64(value) => number(value.to_string()),
        Value::I32(value) => number(value.to_string()),
        Value::F64(value) => number(format!("{value:?}")),
        Value::Bool(truth) => Cell::Bool(*truth),
        Value::String(text) => Cell::Text(arena.alloc_str(text)),
        Value::EnumNumber(value) => Cell::Text(arena.alloc_str(STATUSES[*value as usize])),
        Value::Message(decimal) if field == 5 => {
            let unscaled = decimal.get_field_by_number(1).ok_or("no value")?;
            number(two_places(unscaled.as_bytes().ok_or("no bytes")?))
        }
        Value::Message(at) => {
            let part = |field| at.get_field_by_number(field).ok_or("no such field");
            let seconds = part(1)?.as_i64().ok_or("no number")?;
            let nanos = part(2)?.as_i32().ok_or("no number")?;
            Cell::Text(arena.alloc_str(&moment(seconds * 1_000 + i64::from(nanos) / 1_000_000)?))
        }
        other => return Err(format!("no field has {other:?}").into()),
    })
}

/// What reads the rival's Avro.
pub(super) fn reader(schema: &Schema) -> Result<GenericDatumReader<'_>, Failed> {
    Ok(GenericDatumReader::builder(schema).build()?)
}
