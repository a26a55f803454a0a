//! Reads the fields of a record at the top, as they go to columns.

use std::rc::Rc;

use bumpalo::Bump;

use super::plan::{AvroPlan, Record, Type};
use super::scalars::Walk;
use crate::format::json_text::JsonText;
use crate::format::members::{self, Member};
use crate::format::schema::Declared;
use crate::format::undecodable::Undecodable;
use crate::format::wire::Wire;
use crate::json::value::Value;
use crate::values::decimal;

impl AvroPlan {
    /// A record type.
    pub(super) fn record(&self, ty: usize) -> Option<&Record> {
        match &self.nodes[ty].ty {
            Type::Record(record) => Some(record),
            _ => None,
        }
    }

    /// The type of a payload's value, and where the value begins: a union at the top names its branch.
    /// `None` if there is no such branch.
    #[inline]
    pub(crate) fn start(&self, payload: &[u8]) -> Option<(usize, usize)> {
        let Type::Union(branches) = &self.nodes[self.root].ty else { return Some((self.root, 0)) };
        let mut wire = Wire::new(payload);
        let index = usize::try_from(wire.zigzag().ok()?).ok()?;
        branches.get(index).map(|branch| (*branch, wire.at()))
    }

    /// The type of the whole.
    pub(crate) fn root(&self) -> usize {
        self.root
    }

    /// The full name of a type, if it has one.
    pub(crate) fn type_name(&self, ty: usize) -> Option<&str> {
        self.nodes[ty].name.as_deref()
    }

    /// All types.
    pub(crate) fn all(&self) -> std::ops::Range<usize> {
        0..self.nodes.len()
    }

    /// The names of the fields of a value; `None` if it is not one of a row's fields.
    pub(crate) fn names(&self, ty: usize) -> Option<impl Iterator<Item = &str>> {
        let record = self.record(ty).filter(|record| record.logical.is_none())?;
        Some(record.fields.iter().map(|field| &*field.name))
    }

    /// The declared type of a value.
    pub(crate) fn declared(&self, ty: usize) -> &Rc<Declared> {
        self.branches[ty].as_ref().unwrap_or(&self.declared)
    }

    /// The name of a field, and the declared type of its value.
    #[inline]
    pub(crate) fn field(&self, ty: usize, member: &Member<'_>) -> (&str, Option<&Declared>) {
        let name = self.record(ty).map_or("", |record| &record.fields[member.field].name);
        // That of the field, unless it is a union of several types: it has its default, too.
        let own = self.declared(ty).field_near(member.field, name).map(|declared| &**declared);
        let is_own = own.is_some_and(|own| !own.is_any());
        (name, if is_own { own } else { self.branches[member.ty].as_deref().or(own) })
    }

    /// The declared types of the branches of a field that is a union of several types; nothing of any other field.
    pub(crate) fn branches_of(&self, ty: usize, field: usize) -> Vec<&Declared> {
        let field = self.record(ty).map(|record| &self.nodes[record.fields[field].ty].ty);
        let Some(Type::Union(branches)) = field else { return Vec::new() };
        let is_null = |branch: &&usize| matches!(self.nodes[**branch].ty, Type::Null);
        let others: Vec<&usize> = branches.iter().filter(|branch| !is_null(branch)).collect();
        match others.as_slice() {
            [] | [_] => Vec::new(),
            several => several.iter().map(|branch| &**self.declared(**branch)).collect(),
        }
    }

    /// Reads the fields of a value that begins there.
    ///
    /// # Errors
    /// As [`AvroPlan::decode`].
    pub(crate) fn members<'e>(
        &self,
        ty: usize,
        payload: &'e [u8],
        begin: usize,
        arena: &'e Bump,
    ) -> Result<Vec<Member<'e>>, Undecodable> {
        let Some(record) = self.record(ty) else { return Ok(Vec::new()) };
        let mut wire = Wire::part(payload, begin, payload.len());
        let mut out = JsonText::default();
        let mut list = Vec::with_capacity(record.fields.len());
        let mut walk = Walk { plan: self, wire: &mut wire, out: &mut out };
        for (nth, field) in record.fields.iter().enumerate() {
            let read = walk.member(field.ty, arena);
            let (ty, value) = read.map_err(|wrong| wrong.in_field(&field.name))?;
            list.push(Member { field: nth, ty, value });
        }
        if wire.left() > 0 {
            return Ok(wire.fail("bytes follow the value")?);
        }
        Ok(list)
    }
}

impl<'e> Walk<'_, '_, 'e> {
    /// Reads a value. Also returns its type: that of the branch, if it is a union.
    pub(super) fn member(
        &mut self,
        ty: usize,
        arena: &'e Bump,
    ) -> Result<(usize, Value<'e>), Undecodable> {
        let plan = self.plan;
        let value = match &plan.nodes[ty].ty {
            Type::Null => Value::Null,
            Type::Boolean => Value::Bool(self.truth()?),
            Type::Int(_) => members::integer(self.int()?.into(), arena),
            Type::Long => members::integer(self.wire.zigzag()?, arena),
            Type::Text(_) => members::text(self.text()?),
            Type::Bytes(_) => members::text(members::base64(self.bytes()?, arena)),
            Type::Enum(symbols) => members::text(arena.alloc_str(self.symbol(symbols)?)),
            Type::Count { is_int, is_local, of } => {
                members::text(arena.alloc_str(&self.count(*is_int, *is_local, *of)?))
            }
            Type::Decimal { scale, size, .. } => {
                let bytes = self.decimal_bytes(*size)?;
                let number = |digits: &str| Value::Number(arena.alloc_str(digits));
                match decimal::with_text(bytes, *scale, number) {
                    Ok(digits) => digits,
                    Err(what) => return Ok(self.wire.fail(what)?),
                }
            }
            Type::Union(branches) => {
                let branch = self.branch(branches)?;
                return self.member(*branch, arena);
            }
            // The first level of its nesting is that of the record.
            _ => {
                self.out.text.clear();
                self.value(ty, 1)?;
                members::json(&self.out.text, arena)
            }
        };
        Ok((ty, value))
    }
}
