//! Single values as cells: those of scalar types, and the well-known messages whose meaning is one
//! value: a moment, a wrapped number, a decimal. Their fields are read without noting where they are.

use super::meaning;
use super::next::{self, Next};
use super::plan::{Enum, Kind, Message, Presence, ProtobufPlan, Special};
use super::scan::{Scalar, int, sized, text};
use crate::format::members::base64;
use crate::format::slots::{Slots, Unusual};
use crate::format::wire::{Wire, WireError};
use crate::model::cell::{Cell, Code};
use crate::values::{decimal, digits};

/// No such message has more fields.
const MOST_PARTS: usize = 4;

impl ProtobufPlan {
    /// Fills a cell with the next value, without a value in between: that would be copied often.
    ///
    /// # Errors
    /// As [`ProtobufPlan::scalar`].
    #[inline]
    pub(super) fn put_next<'e>(
        &self,
        kind: Kind,
        wire: &mut Wire<'e>,
        column: usize,
        slots: &mut Slots<'_, 'e>,
    ) -> Result<(), WireError> {
        match kind {
            Kind::Int64 => {
                digits::of_integer(wire.varint()? as i64, |text| slots.number(column, text));
            }
            Kind::Int32 => {
                digits::of_integer(int(wire)?.into(), |text| slots.number(column, text));
            }
            Kind::Double => {
                let float = f64::from_le_bytes(wire.array()?);
                digits::of_float(float, |text| slots.float(column, float.is_finite(), text));
            }
            Kind::Bool => slots.set(column, Cell::Bool(wire.varint()? != 0)),
            Kind::Text => slots.text(column, Code::String, text(wire)?),
            kind => self.put(self.scalar(kind, wire)?, column, slots),
        }
        Ok(())
    }

    /// Fills a cell with a value that is not a message.
    #[inline]
    pub(super) fn put<'e>(&self, value: Scalar<'e>, column: usize, slots: &mut Slots<'_, 'e>) {
        match value {
            Scalar::Int(value) => digits::of_integer(value, |text| slots.number(column, text)),
            Scalar::Uint(value) => digits::of_unsigned(value, |text| slots.number(column, text)),
            Scalar::Float(value) => {
                digits::of_float32(value, |text| slots.float(column, value.is_finite(), text));
            }
            Scalar::Double(value) => {
                digits::of_float(value, |text| slots.float(column, value.is_finite(), text));
            }
            Scalar::Bool(truth) => slots.set(column, Cell::Bool(truth)),
            Scalar::Text(text) => slots.text(column, Code::String, text),
            Scalar::Bytes(bytes) => {
                slots.text(column, Code::Bytes, base64(bytes, slots.arena));
            }
            Scalar::Enum(index, value) => match &self.enums[index] {
                Enum { is_null: true, .. } => slots.set(column, Cell::Null),
                constants => match constants.name(value) {
                    Some(name) => slots.copied(column, Code::String, name),
                    None => digits::of_integer(value.into(), |text| slots.number(column, text)),
                },
            },
        }
    }
}

/// The values of a message by its fields.
#[derive(Debug)]
pub(super) struct Parts<'e> {
    parts: [Option<Scalar<'e>>; MOST_PARTS],
    /// The type of the first field.
    first: Kind,
}

impl<'e> Parts<'e> {
    /// Whether a meaning is that of a few single values.
    pub(super) fn has(special: Special) -> bool {
        match special {
            Special::Timestamp
            | Special::Duration
            | Special::Wrapper
            | Special::Date
            | Special::TimeOfDay
            | Special::Decimal => true,
            Special::Struct
            | Special::Value
            | Special::List
            | Special::Any
            | Special::FieldMask => false,
        }
    }

    /// Reads a message after its length.
    ///
    /// # Errors
    /// It is not valid, or not written as usual.
    #[inline]
    pub(super) fn read(
        plan: &ProtobufPlan,
        message: &Message,
        wire: &mut Wire<'e>,
    ) -> Result<Self, Unusual> {
        let mut inside = Wire::new(sized(wire)?);
        let mut parts = [None; MOST_PARTS];
        let mut expected = 0;
        while inside.left() > 0 {
            let Some(next) = next::field(message, &mut expected, &mut inside)? else { continue };
            let Next { index, field, .. } = next;
            let part = parts.get_mut(index).ok_or(Unusual)?;
            if matches!(field.presence, Presence::Repeated | Presence::Map) {
                return Err(Unusual);
            }
            *part = Some(plan.scalar(field.kind, &mut inside)?);
        }
        Ok(Self { parts, first: message.fields[0].kind })
    }

    /// Fills a cell with what they mean.
    ///
    /// # Errors
    /// They mean nothing.
    #[inline]
    pub(super) fn put(
        self,
        plan: &ProtobufPlan,
        special: Special,
        column: usize,
        slots: &mut Slots<'_, 'e>,
    ) -> Result<(), Unusual> {
        let int = |field: usize| match self.parts[field] {
            Some(Scalar::Int(number)) => number,
            _ => 0,
        };
        let text = match special {
            Special::Timestamp => meaning::timestamp(int(0), int(1)),
            Special::Duration => meaning::duration(int(0), int(1)),
            Special::Date => meaning::date(int(0), int(1), int(2)),
            Special::TimeOfDay => meaning::time_of_day([0, 1, 2, 3].map(int)),
            Special::Wrapper => {
                plan.put(self.parts[0].unwrap_or(plan.default(self.first)), column, slots);
                return Ok(());
            }
            Special::Decimal => return self.decimal(column, slots),
            _ => return Err(Unusual),
        };
        slots.copied(column, Code::Moment, &text.map_err(|_| Unusual)?);
        Ok(())
    }

    fn decimal(self, column: usize, slots: &mut Slots<'_, 'e>) -> Result<(), Unusual> {
        let unscaled = match self.parts[0] {
            Some(Scalar::Bytes(bytes)) => bytes,
            _ => &[],
        };
        let scale = match self.parts[2] {
            Some(Scalar::Int(scale)) => i32::try_from(scale).map_err(|_| Unusual)?,
            _ => 0,
        };
        let put = |digits: &str| slots.number(column, digits);
        decimal::with_text(unscaled, scale, put).map_err(|_| Unusual)
    }
}
