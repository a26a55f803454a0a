//! Reads the fields of a message at the top straight into the cells of their columns, in the order
//! in which they are met.

use super::next::{self, Next};
use super::parts::Parts;
use super::plan::{Kind, Message, MessageField, Presence, ProtobufPlan};
use super::scalars::Walk;
use super::scan::{Met, WireType, skip};
use super::seen::Seen;
use crate::format::json_text::JsonText;
use crate::format::members::Member;
use crate::format::slots::{Place, Slots, Unusual};
use crate::format::wire::Wire;
use crate::model::cell::Cell;

impl ProtobufPlan {
    /// Fills the cells of a payload's fields. Nested values are bound afterwards.
    ///
    /// # Errors
    /// A single value is there again, or [`ProtobufPlan::members`] says what is wrong with the payload.
    pub(crate) fn fill<'e>(
        &self,
        message: usize,
        payload: &'e [u8],
        begin: usize,
        slots: &mut Slots<'_, 'e>,
    ) -> Result<(), Unusual> {
        let message = &self.messages[message];
        let (mut seen, mut nested) = (Seen::new(message)?, Vec::new());
        let mut wire = Wire::part(payload, begin, payload.len());
        let mut expected = 0;
        while wire.left() > 0 {
            let Some(next) = next::field(message, &mut expected, &mut wire)? else { continue };
            let Next { index, field, number, wire_type } = next;
            let (is_again, at) = (seen.meet(index, field.oneof)?, wire.at() as u32);
            if self.single(field, wire_type, slots.places[index], &mut wire, slots)? {
                if is_again {
                    return Err(Unusual);
                }
            } else {
                skip(&mut wire, number, wire_type, 0)?;
                nested.push(Met { field: index as u32, at, wire_type });
            }
        }
        // Most are in order already.
        nested.sort_by_key(|met| met.field);
        self.fill_rest(message, payload, &seen, &nested, slots)
    }

    /// Fills the cell of a single value, as it would be bound, or only checks it; `false`, and nothing is
    /// read, if it is nested or bound afterwards.
    #[inline]
    fn single<'e>(
        &self,
        field: &MessageField,
        wire_type: WireType,
        place: Place,
        wire: &mut Wire<'e>,
        slots: &mut Slots<'_, 'e>,
    ) -> Result<bool, Unusual> {
        let column = match (field.presence, place) {
            (Presence::Repeated | Presence::Map, _) | (_, Place::Later) => return Ok(false),
            (_, Place::Column(column)) => Some(column),
            (_, Place::Passed) => None,
        };
        let Kind::Message(index) = field.kind else {
            match column {
                Some(column) => self.put_next(field.kind, wire, column, slots)?,
                None => drop(self.scalar(field.kind, wire)?),
            }
            return Ok(true);
        };
        match (self.messages[index].special, column) {
            (Some(special), Some(column))
                if Parts::has(special) && wire_type == WireType::Sized =>
            {
                let parts = Parts::read(self, &self.messages[index], wire)?;
                parts.put(self, special, column, slots)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// The fields that have no single value: those that were not met, and the nested ones.
    fn fill_rest<'e>(
        &self,
        message: &Message,
        payload: &'e [u8],
        seen: &Seen,
        nested: &[Met],
        slots: &mut Slots<'_, 'e>,
    ) -> Result<(), Unusual> {
        let mut out = JsonText::default();
        let mut walk = Walk { plan: self, bytes: payload, out: &mut out };
        let mut rest = nested;
        for (index, field) in message.fields.iter().enumerate() {
            let count = rest.iter().take_while(|met| met.field as usize == index).count();
            let (met, others) = rest.split_at(count);
            rest = others;
            let place = slots.places[index];
            match (seen.has(index), field.presence, place) {
                (true, ..) if met.is_empty() => {}
                (true, _, Place::Passed) => {
                    walk.out.text.clear();
                    walk.field(message, field, met, 0).map_err(|_| Unusual)?;
                }
                (false, Presence::Optional, _) | (false, _, Place::Passed) => {}
                (false, Presence::Nullable, Place::Column(column)) => {
                    slots.set(column, Cell::Null);
                }
                (false, Presence::Nullable, Place::Later) => slots.later.push(Member::null(index)),
                (false, Presence::Required, _) => return Err(Unusual),
                (false, Presence::Implicit, Place::Column(column)) => {
                    self.put(self.default(field.kind), column, slots);
                }
                _ => {
                    let member = walk.member(message, index, met, slots.arena);
                    slots.later.push(member.map_err(|_| Unusual)?);
                }
            }
        }
        Ok(())
    }
}
