//! Reads the fields of a record at the top straight into the cells of their columns.

use super::plan::{AvroPlan, Type};
use super::scalars::Walk;
use crate::format::json_text::JsonText;
use crate::format::logical::Logical;
use crate::format::members::{self, Member};
use crate::format::slots::{Place, Slots, Unusual};
use crate::format::undecodable::Undecodable;
use crate::format::wire::Wire;
use crate::model::cell::{Cell, Code};
use crate::values::{binary, decimal, digits};

type Filled = Result<(), Undecodable>;

impl AvroPlan {
    /// Fills the cells of the fields of a value that begins there. Nested values are bound afterwards.
    ///
    /// # Errors
    /// [`AvroPlan::members`] says what is wrong with the payload.
    pub(crate) fn fill<'e>(
        &self,
        ty: usize,
        payload: &'e [u8],
        begin: usize,
        slots: &mut Slots<'_, 'e>,
    ) -> Result<(), Unusual> {
        let record = self.record(ty).ok_or(Unusual)?;
        let mut wire = Wire::part(payload, begin, payload.len());
        let mut out = JsonText::default();
        let mut walk = Walk { plan: self, wire: &mut wire, out: &mut out };
        let places = slots.places;
        for (nth, (field, place)) in record.fields.iter().zip(places).enumerate() {
            walk.fill(nth, field.ty, *place, slots).map_err(|_| Unusual)?;
        }
        if wire.left() == 0 { Ok(()) } else { Err(Unusual) }
    }
}

impl<'e> Walk<'_, '_, 'e> {
    #[inline]
    fn fill(&mut self, nth: usize, ty: usize, place: Place, slots: &mut Slots<'_, 'e>) -> Filled {
        let plan = self.plan;
        let ty = match &plan.nodes[ty].ty {
            Type::Union(branches) => *self.branch(branches)?,
            _ => ty,
        };
        match place {
            Place::Passed => self.pass(ty),
            Place::Column(column) => match self.put(&plan.nodes[ty].ty, column, slots)? {
                true => Ok(()),
                false => self.later(nth, ty, slots),
            },
            Place::Later => self.later(nth, ty, slots),
        }
    }

    #[cold]
    fn later(&mut self, field: usize, ty: usize, slots: &mut Slots<'_, 'e>) -> Filled {
        let (ty, value) = self.member(ty, slots.arena)?;
        slots.later.push(Member { field, ty, value });
        Ok(())
    }

    /// Fills the cell of a value, as it would be bound; `false`, and nothing is read, if it is nested or its
    /// meaning has to be found out.
    #[inline]
    fn put(
        &mut self,
        ty: &Type,
        column: usize,
        slots: &mut Slots<'_, 'e>,
    ) -> Result<bool, Undecodable> {
        let arena = slots.arena;
        match ty {
            Type::Null => slots.set(column, Cell::Null),
            Type::Boolean => slots.set(column, Cell::Bool(self.truth()?)),
            Type::Int(_) => {
                digits::of_integer(self.int()?.into(), |text| slots.number(column, text));
            }
            Type::Long => {
                digits::of_integer(self.wire.zigzag()?, |text| slots.number(column, text));
            }
            Type::Float => {
                let float = f32::from_le_bytes(self.wire.array()?);
                digits::of_float32(float, |text| slots.float(column, float.is_finite(), text));
            }
            Type::Double => {
                let float = f64::from_le_bytes(self.wire.array()?);
                digits::of_float(float, |text| slots.float(column, float.is_finite(), text));
            }
            Type::Text(logical) if logical.is_none_or(Logical::is_text) => {
                slots.text(column, Code::String, self.text()?);
            }
            Type::Bytes(None) => {
                slots.text(column, Code::Bytes, members::base64(self.bytes()?, arena));
            }
            Type::Fixed(size) => {
                let bytes = self.wire.take(*size)?;
                slots.text(column, Code::Bytes, members::base64(bytes, arena));
            }
            Type::Enum(symbols) => slots.copied(column, Code::String, self.symbol(symbols)?),
            Type::Decimal { scale, size, .. } => {
                let bytes = self.decimal_bytes(*size)?;
                let put = |text: &str| slots.number(column, text);
                if let Err(what) = decimal::with_text(bytes, *scale, put) {
                    self.wire.fail(what)?;
                }
            }
            Type::Count { is_int, is_local, of } => {
                slots.copied(column, Code::Moment, &self.count(*is_int, *is_local, *of)?);
            }
            Type::Duration => slots.copied(column, Code::Moment, &self.duration()?),
            Type::Uuid => {
                slots.copied(column, Code::String, &binary::uuid_text(self.wire.array()?));
            }
            Type::Text(_)
            | Type::Bytes(_)
            | Type::Array(_)
            | Type::Map(_)
            | Type::Record(_)
            | Type::Union(_)
            | Type::Choice(_)
            | Type::Open => return Ok(false),
        }
        Ok(true)
    }

    /// Checks a value that nobody wants.
    fn pass(&mut self, ty: usize) -> Filled {
        match &self.plan.nodes[ty].ty {
            Type::Null => {}
            Type::Boolean => drop(self.truth()?),
            Type::Int(_) => drop(self.int()?),
            Type::Long => drop(self.wire.zigzag()?),
            Type::Float => drop(self.wire.take(4)?),
            Type::Double => drop(self.wire.take(8)?),
            Type::Bytes(_) => drop(self.bytes()?),
            Type::Text(_) => drop(self.text()?),
            Type::Fixed(size) => drop(self.wire.take(*size)?),
            Type::Enum(symbols) => drop(self.symbol(symbols)?),
            _ => {
                self.out.text.clear();
                // The first level of its nesting is that of the record.
                self.value(ty, 1)?;
            }
        }
        Ok(())
    }
}
