//! Writes a value by its type.

use std::collections::HashMap;

use apache_avro::Schema;
use apache_avro::schema::{
    ArraySchema, DecimalSchema, EnumSchema, FixedSchema, InnerDecimalSchema, MapSchema,
    RecordSchema, UuidSchema,
};
use sluice_bridge::json::value::Value;

use super::logical::{self, Unit};
use super::schema::AvroSchema;
use crate::digits;
use crate::json::{self, MOST_DEEP, TOO_DEEP, integer, members, mismatch};
use crate::refusal::Refusal;
use crate::wire;

type Written = Result<(), Refusal>;

/// What every value is written with.
#[derive(Clone, Copy)]
pub(super) struct Writer<'s> {
    pub(super) schema: &'s AvroSchema,
    /// Whether the value is the default of a field.
    pub(super) is_default: bool,
}

impl AvroSchema {
    /// Encodes a value. Bytes and decimals at the top have no length before them, as Confluent's
    /// clients write them.
    ///
    /// # Errors
    /// It is no value of this schema, or cannot be kept exactly.
    pub(crate) fn encode(&self, value: Value<'_>) -> Result<Vec<u8>, Refusal> {
        let writer = Writer { schema: self, is_default: false };
        let mut out = Vec::new();
        match &self.root {
            Schema::Bytes | Schema::BigDecimal | Schema::Uuid(UuidSchema::Bytes) => {
                out = json::bytes(value)?;
            }
            Schema::Decimal(DecimalSchema {
                precision,
                scale,
                inner: InnerDecimalSchema::Bytes,
            }) => {
                out = logical::decimal(value, *scale, *precision)?;
            }
            root => writer.value(root, value, 0, &mut out)?,
        }
        Ok(out)
    }
}

impl Writer<'_> {
    pub(super) fn value(
        &self,
        schema: &Schema,
        value: Value<'_>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Written {
        if depth > MOST_DEEP {
            return Err(TOO_DEEP.into());
        }
        match (self.schema.resolved(schema), value) {
            (Schema::Null, Value::Null) => {}
            (Schema::Null, _) => return mismatch(value, "null"),
            (Schema::Boolean, Value::Bool(truth)) => out.push(truth.into()),
            (Schema::Boolean, _) => return mismatch(value, "a boolean"),
            (Schema::String, _) => wire::bytes(json::text(value, "a string")?.as_bytes(), out),
            (Schema::Enum(symbols), _) => symbol(symbols, value, out)?,
            (Schema::Array(array), _) => self.array(array, value, depth + 1, out)?,
            (Schema::Map(map), _) => self.map(map, value, depth + 1, out)?,
            (Schema::Record(record), _) => self.record(record, value, depth + 1, out)?,
            // A union is no level of its own, and contains none.
            (Schema::Union(union), _) => self.union(union, value, depth, out)?,
            (Schema::Ref { name }, _) => {
                return Err(Refusal::new(format!("the schema does not define {name}")));
            }
            (schema, _) => self.single(schema, value, out)?,
        }
        Ok(())
    }

    /// Numbers, and what is bytes.
    fn single(&self, schema: &Schema, value: Value<'_>, out: &mut Vec<u8>) -> Written {
        match schema {
            Schema::Int => {
                wire::long(integer::<i32>(value, false, "an integer")?.into(), out);
            }
            Schema::Float => out.extend(json::float::<f32>(value)?.to_le_bytes()),
            Schema::Double => out.extend(json::float::<f64>(value)?.to_le_bytes()),
            Schema::Date => wire::long(logical::date(value)?.into(), out),
            Schema::Fixed(FixedSchema { size, .. }) => out.extend(self.fixed(value, *size)?),
            Schema::Duration(_) if self.is_default => out.extend(self.fixed(value, 12)?),
            Schema::Duration(_) => out.extend(logical::duration(value)?),
            Schema::Uuid(UuidSchema::String) => {
                wire::bytes(logical::uuid(value)?.1.as_bytes(), out);
            }
            Schema::Uuid(UuidSchema::Fixed(_)) if self.is_default => {
                out.extend(self.fixed(value, 16)?);
            }
            Schema::Uuid(UuidSchema::Fixed(_)) => out.extend(logical::uuid(value)?.0),
            Schema::Decimal(decimal) => self.decimal(decimal, value, out)?,
            Schema::Bytes | Schema::BigDecimal | Schema::Uuid(UuidSchema::Bytes) => {
                wire::bytes(&self.bytes(value)?, out);
            }
            other => wire::long(count(other, value)?, out),
        }
        Ok(())
    }

    fn bytes(&self, value: Value<'_>) -> Result<Vec<u8>, Refusal> {
        if self.is_default { json::characters(value) } else { json::bytes(value) }
    }

    fn fixed(&self, value: Value<'_>, size: usize) -> Result<Vec<u8>, Refusal> {
        let bytes = self.bytes(value)?;
        match bytes.len() == size {
            true => Ok(bytes),
            false => Err(Refusal::new(format!("it has not the {size} bytes of its type"))),
        }
    }

    fn decimal(&self, decimal: &DecimalSchema, value: Value<'_>, out: &mut Vec<u8>) -> Written {
        let bytes = match self.is_default {
            true => json::characters(value)?,
            false => logical::decimal(value, decimal.scale, decimal.precision)?,
        };
        match &decimal.inner {
            InnerDecimalSchema::Bytes => wire::bytes(&bytes, out),
            InnerDecimalSchema::Fixed(fixed) => out.extend(digits::widened(&bytes, fixed.size)?),
        }
        Ok(())
    }

    fn array(
        &self,
        array: &ArraySchema,
        value: Value<'_>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Written {
        if !matches!(value, Value::Array(_)) {
            return mismatch(value, "an array");
        }
        let items: Vec<Value<'_>> = value.items().collect();
        if !items.is_empty() {
            wire::length(items.len(), out);
            for (nth, item) in items.into_iter().enumerate() {
                let written = self.value(&array.items, item, depth, out);
                written.map_err(|refusal| refusal.in_item(nth))?;
            }
        }
        wire::length(0, out);
        Ok(())
    }

    fn map(&self, map: &MapSchema, value: Value<'_>, depth: usize, out: &mut Vec<u8>) -> Written {
        let members = members(value, "a map, which is an object")?;
        if !members.is_empty() {
            wire::length(members.len(), out);
            for (name, inner) in members {
                wire::bytes(name.as_bytes(), out);
                let written = self.value(&map.types, inner, depth, out);
                written.map_err(|refusal| refusal.in_member(&name))?;
            }
        }
        wire::length(0, out);
        Ok(())
    }

    fn record(
        &self,
        record: &RecordSchema,
        value: Value<'_>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Written {
        let mut members: HashMap<String, Value<'_>> =
            members(value, "a record, which is an object")?.into_iter().collect();
        for field in &record.fields {
            let written = match members.remove(&field.name) {
                Some(inner) => self.value(&field.schema, inner, depth, out),
                None => self.default_of(field, depth, out),
            };
            written.map_err(|refusal| refusal.in_member(&field.name))?;
        }
        match members.into_keys().min() {
            None => Ok(()),
            Some(name) => {
                let why = format!("the record {} has no such field", record.name);
                Err(Refusal::new(why).in_member(&name))
            }
        }
    }
}

fn symbol(symbols: &EnumSchema, value: Value<'_>, out: &mut Vec<u8>) -> Written {
    let text = json::text(value, "a symbol of an enum")?;
    match symbols.symbols.iter().position(|symbol| *symbol == text) {
        Some(index) => wire::length(index, out),
        None => return Err(Refusal::new(format!("it is no symbol of the enum {}", symbols.name))),
    }
    Ok(())
}

/// The number that is encoded for a `long`, or for what counts parts of a second.
fn count(schema: &Schema, value: Value<'_>) -> Result<i64, Refusal> {
    match schema {
        Schema::TimeMillis => {
            let millis = logical::time(value, Unit::Millis)?;
            i32::try_from(millis).map(i64::from).map_err(|_| "out of range".into())
        }
        Schema::TimeMicros => logical::time(value, Unit::Micros),
        Schema::TimestampMillis => logical::timestamp(value, Unit::Millis, false),
        Schema::TimestampMicros => logical::timestamp(value, Unit::Micros, false),
        Schema::TimestampNanos => logical::timestamp(value, Unit::Nanos, false),
        Schema::LocalTimestampMillis => logical::timestamp(value, Unit::Millis, true),
        Schema::LocalTimestampMicros => logical::timestamp(value, Unit::Micros, true),
        Schema::LocalTimestampNanos => logical::timestamp(value, Unit::Nanos, true),
        _ => integer(value, false, "an integer"),
    }
}
