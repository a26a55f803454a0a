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
            Place::Column(column) => match self.cell(&plan.nodes[ty].ty, slots)? {
                Some(cell) => {
                    slots.put(column, cell);
                    Ok(())
                }
                None => self.later(nth, ty, slots),
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

    /// A value as its cell, as it would be bound; `None`, and nothing is read, if it is nested or its meaning
    /// has to be found out.
    #[inline]
    fn cell(&mut self, ty: &Type, slots: &Slots<'_, 'e>) -> Result<Option<Cell<'e>>, Undecodable> {
        let arena = slots.arena;
        let number = |digits: &str| Cell::Number(arena.alloc_str(digits));
        Ok(Some(match ty {
            Type::Null => Cell::Null,
            Type::Boolean => Cell::Bool(self.truth()?),
            Type::Int(_) => digits::of_integer(self.int()?.into(), number),
            Type::Long => digits::of_integer(self.wire.zigzag()?, number),
            Type::Float => {
                let float = f32::from_le_bytes(self.wire.array()?);
                digits::of_float32(float, |text| slots.float(float.is_finite(), text))
            }
            Type::Double => {
                let float = f64::from_le_bytes(self.wire.array()?);
                digits::of_float(float, |text| slots.float(float.is_finite(), text))
            }
            Type::Text(logical) if logical.is_none_or(Logical::is_text) => {
                Cell::Coded(Code::String, self.text()?)
            }
            Type::Bytes(None) => Cell::Coded(Code::Bytes, members::base64(self.bytes()?, arena)),
            Type::Fixed(size) => {
                Cell::Coded(Code::Bytes, members::base64(self.wire.take(*size)?, arena))
            }
            Type::Enum(symbols) => slots.text(self.symbol(symbols)?),
            Type::Decimal { scale, size, .. } => {
                let bytes = self.decimal_bytes(*size)?;
                match decimal::with_text(bytes, *scale, number) {
                    Ok(cell) => cell,
                    Err(what) => self.wire.fail(what)?,
                }
            }
            Type::Count { is_int, is_local, of } => {
                slots.text(&self.count(*is_int, *is_local, *of)?)
            }
            Type::Duration => slots.text(&self.duration()?),
            Type::Uuid => slots.text(&binary::uuid_text(self.wire.array()?)),
            Type::Text(_)
            | Type::Bytes(_)
            | Type::Array(_)
            | Type::Map(_)
            | Type::Record(_)
            | Type::Union(_)
            | Type::Choice(_)
            | Type::Open => return Ok(None),
        }))
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
