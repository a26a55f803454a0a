//! Reads the fields of a message at the top, as they go to columns.

use bumpalo::Bump;

use super::plan::{Kind, Message, Presence, ProtobufPlan};
use super::scalars::Walk;
use super::scan::{Met, Range, Scalar};
use super::walk::check_required;
use crate::format::json_text::JsonText;
use crate::format::members::{self, Member};
use crate::format::undecodable::Undecodable;
use crate::json::value::Value;

impl ProtobufPlan {
    /// The names of a message's fields.
    pub(crate) fn names(&self, message: usize) -> impl Iterator<Item = &str> {
        self.messages[message].fields.iter().map(|field| &*field.name)
    }

    /// The name of a field.
    #[inline]
    pub(crate) fn name(&self, message: usize, field: usize) -> &str {
        &self.messages[message].fields[field].name
    }

    /// Reads the fields of a payload.
    ///
    /// # Errors
    /// As [`ProtobufPlan::decode`].
    pub(crate) fn members<'e>(
        &self,
        message: usize,
        payload: &'e [u8],
        begin: usize,
        arena: &'e Bump,
    ) -> Result<Vec<Member<'e>>, Undecodable> {
        let message = &self.messages[message];
        let mut out = JsonText::default();
        let mut list = Vec::with_capacity(message.fields.len());
        let mut walk = Walk { plan: self, bytes: payload, out: &mut out };
        let all = walk.found(message, &[Range { at: begin, end: payload.len() }], 0)?;
        let mut rest = all.as_slice();
        for (nth, field) in message.fields.iter().enumerate() {
            let count = rest.iter().take_while(|met| met.field as usize == nth).count();
            let (met, others) = rest.split_at(count);
            rest = others;
            if !check_required(field, met, payload)? {
                if field.presence == Presence::Nullable {
                    list.push(Member::null(nth));
                }
                continue;
            }
            list.push(walk.member(message, nth, met, arena)?);
        }
        Ok(list)
    }
}

impl<'p, 'e> Walk<'p, '_, 'e> {
    /// Reads a field from what was met of it.
    pub(super) fn member(
        &mut self,
        message: &'p Message,
        nth: usize,
        met: &[Met],
        arena: &'e Bump,
    ) -> Result<Member<'e>, Undecodable> {
        let field = &message.fields[nth];
        let is_single = !matches!(field.presence, Presence::Repeated | Presence::Map);
        let value = match field.kind {
            Kind::Message(_) => None,
            _ if !is_single => None,
            kind => {
                let read = self.last(kind, met);
                Some(read.map_err(|wrong| Undecodable::from(wrong).in_field(&field.name))?)
            }
        };
        let value = match value.and_then(|scalar| self.value_of(scalar, arena)) {
            Some(value) => value,
            None => {
                self.out.text.clear();
                let written = self.field(message, field, met, 0);
                written.map_err(|wrong| wrong.in_field(&field.name))?;
                members::json(&self.out.text, arena)
            }
        };
        Ok(Member { field: nth, ty: nth, value })
    }

    /// A value that needs no text of JSON.
    fn value_of(&self, scalar: Scalar<'e>, arena: &'e Bump) -> Option<Value<'e>> {
        Some(match scalar {
            Scalar::Int(number) => members::integer(number, arena),
            Scalar::Uint(number) => members::unsigned(number, arena),
            Scalar::Bool(truth) => Value::Bool(truth),
            Scalar::Text(text) => members::text(text),
            Scalar::Bytes(bytes) => members::text(members::base64(bytes, arena)),
            Scalar::Enum(index, number) if !self.plan.enums[index].is_null => {
                let name = self.plan.enums[index].name(number)?;
                members::text(arena.alloc_str(name))
            }
            Scalar::Float(_) | Scalar::Double(_) | Scalar::Enum(..) => return None,
        })
    }
}
