//! Single values as cells: those of scalar types, and the well-known messages whose meaning is one
//! value: a moment, a wrapped number, a decimal. Their fields are read without noting where they are.

use super::meaning;
use super::plan::{Enum, Kind, Message, Presence, ProtobufPlan, Special};
use super::scan::{Scalar, sized, skip, tag, takes};
use crate::format::members::base64;
use crate::format::slots::{Slots, Unusual};
use crate::format::wire::Wire;
use crate::model::cell::{Cell, Code};
use crate::values::{decimal, digits};

/// No such message has more fields.
const MOST_PARTS: usize = 4;

impl ProtobufPlan {
    /// A value that is not a message, as its cell.
    #[inline]
    pub(super) fn cell<'e>(&self, value: Scalar<'e>, slots: &Slots<'_, 'e>) -> Cell<'e> {
        let number = |digits: &str| Cell::Number(slots.arena.alloc_str(digits));
        match value {
            Scalar::Int(value) => digits::of_integer(value, number),
            Scalar::Uint(value) => digits::of_unsigned(value, number),
            Scalar::Float(value) => {
                digits::of_float32(value, |text| slots.float(value.is_finite(), text))
            }
            Scalar::Double(value) => {
                digits::of_float(value, |text| slots.float(value.is_finite(), text))
            }
            Scalar::Bool(truth) => Cell::Bool(truth),
            Scalar::Text(text) => Cell::Coded(Code::String, text),
            Scalar::Bytes(bytes) => Cell::Coded(Code::Bytes, base64(bytes, slots.arena)),
            Scalar::Enum(index, value) => match &self.enums[index] {
                Enum { is_null: true, .. } => Cell::Null,
                constants => match constants.name(value) {
                    Some(name) => slots.text(name),
                    None => digits::of_integer(value.into(), number),
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
        while inside.left() > 0 {
            let (number, wire_type) = tag(&mut inside)?;
            let Some(index) = message.field(number) else {
                skip(&mut inside, number, wire_type, 0)?;
                continue;
            };
            let field = &message.fields[index];
            let is_single = !matches!(field.presence, Presence::Repeated | Presence::Map);
            let part = parts.get_mut(index).ok_or(Unusual)?;
            if !is_single || !takes(field.kind, field.presence, wire_type) {
                return Err(Unusual);
            }
            *part = Some(plan.scalar(field.kind, &mut inside)?);
        }
        Ok(Self { parts, first: message.fields[0].kind })
    }

    /// What they mean.
    ///
    /// # Errors
    /// They mean nothing.
    #[inline]
    pub(super) fn cell(
        self,
        plan: &ProtobufPlan,
        special: Special,
        slots: &Slots<'_, 'e>,
    ) -> Result<Cell<'e>, Unusual> {
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
                let value = self.parts[0].unwrap_or(plan.default(self.first));
                return Ok(plan.cell(value, slots));
            }
            Special::Decimal => return self.decimal(slots),
            _ => return Err(Unusual),
        };
        text.map(|text| slots.text(&text)).map_err(|_| Unusual)
    }

    fn decimal(self, slots: &Slots<'_, 'e>) -> Result<Cell<'e>, Unusual> {
        let unscaled = match self.parts[0] {
            Some(Scalar::Bytes(bytes)) => bytes,
            _ => &[],
        };
        let scale = match self.parts[2] {
            Some(Scalar::Int(scale)) => i32::try_from(scale).map_err(|_| Unusual)?,
            _ => 0,
        };
        let number = |digits: &str| Cell::Number(slots.arena.alloc_str(digits));
        decimal::with_text(unscaled, scale, number).map_err(|_| Unusual)
    }
}
