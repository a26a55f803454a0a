//! The declared types of messages, in the terms of Connect's envelope.

use std::collections::HashMap;
use std::rc::Rc;

use super::plan::{Kind, Message, MessageField, Presence, ProtobufPlan, Special};
use crate::format::logical::Logical;
use crate::format::schema::{Declared, Field, Fields, Kind as DeclaredKind};
use crate::format::undecodable::MOST_DEEP;
use crate::values::calendar::Unit;

/// The digits of 64 bits without a sign.
const DIGITS_OF_64_BITS: u32 = 20;

impl ProtobufPlan {
    /// The declared type of a message. Nothing is declared of a message inside itself, and of one that
    /// is nested too deep: its JSON says what it is.
    ///
    /// # Errors
    /// A message has two fields with the same name.
    pub(crate) fn declared(&self, message: usize) -> Result<Rc<Declared>, String> {
        if let Some(known) = self.declared[message].get() {
            return Ok(Rc::clone(known));
        }
        let mut declarer = Declarer { plan: self, known: HashMap::new(), open: Vec::new() };
        let declared = Rc::new(declarer.object(message)?);
        Ok(Rc::clone(self.declared[message].get_or_init(|| declared)))
    }

    /// That of a field, if that of its message was needed before.
    #[inline]
    pub(crate) fn field_declared(&self, message: usize, field: usize) -> Option<&Declared> {
        let declared = self.declared[message].get()?;
        declared.field_near(field, self.name(message, field)).map(|declared| &**declared)
    }
}

struct Declarer<'p> {
    plan: &'p ProtobufPlan,
    known: HashMap<usize, Rc<Declared>>,
    /// The messages around the one that is being declared.
    open: Vec<usize>,
}

impl Declarer<'_> {
    fn object(&mut self, index: usize) -> Result<Declared, String> {
        self.open.push(index);
        let message = &self.plan.messages[index];
        let mut fields = Vec::with_capacity(message.fields.len());
        for (place, field) in message.fields.iter().enumerate() {
            if message.choice(place).is_none() {
                let declared = self.field(field)?;
                fields.push(Field { name: field.name.to_string(), declared });
            }
        }
        for choice in &message.choices {
            let member = |place: &usize| {
                let field = &message.fields[*place];
                let declared = Rc::new(self.field(field)?.or_null());
                Ok(Field { name: field.name.to_string(), declared })
            };
            let members = choice.members.iter().map(member).collect::<Result<_, String>>()?;
            let kind = DeclaredKind::Struct(Fields::new(members)?);
            let declared = Rc::new(Declared::of(kind, None).or_null());
            fields.push(Field { name: choice.name.to_string(), declared });
        }
        self.open.pop();
        Ok(Declared::of(DeclaredKind::Struct(Fields::new(fields)?), None))
    }

    fn field(&mut self, field: &MessageField) -> Result<Rc<Declared>, String> {
        let declared = match (field.presence, field.kind) {
            (Presence::Map, Kind::Message(entry)) => self.map(entry)?,
            (_, kind) => self.kind(kind)?,
        };
        Ok(match field.presence {
            Presence::Repeated => Rc::new(Declared::of(DeclaredKind::Array(declared), None)),
            Presence::Optional | Presence::Nullable => Rc::new(declared.or_null()),
            Presence::Implicit | Presence::Required | Presence::Map => declared,
        })
    }

    /// The keys are text, as in JSON.
    fn map(&mut self, entry: usize) -> Result<Rc<Declared>, String> {
        let values = match self.plan.messages[entry].fields.get(1) {
            Some(MessageField { kind, .. }) => self.kind(*kind)?,
            None => Rc::new(any()),
        };
        let keys = Rc::new(Declared::of(DeclaredKind::Text, None));
        Ok(Rc::new(Declared::of(DeclaredKind::Map(keys, values), None)))
    }

    fn kind(&mut self, kind: Kind) -> Result<Rc<Declared>, String> {
        let Kind::Message(index) = kind else { return Ok(Rc::new(self.scalar(kind))) };
        if let Some(known) = self.known.get(&index) {
            return Ok(Rc::clone(known));
        }
        let message = &self.plan.messages[index];
        let declared = match message.special {
            Some(special) => self.special(special, message),
            None if self.open.contains(&index) || self.open.len() > MOST_DEEP => {
                return Ok(Rc::new(Declared::any_object()));
            }
            None => self.object(index)?,
        };
        let declared = Rc::new(declared);
        self.known.insert(index, Rc::clone(&declared));
        Ok(declared)
    }

    fn scalar(&self, kind: Kind) -> Declared {
        let plain = |kind| Declared::of(kind, None);
        match kind {
            Kind::Double => plain(DeclaredKind::Float(64)),
            Kind::Float => plain(DeclaredKind::Float(32)),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => plain(DeclaredKind::Integer(32)),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 | Kind::Uint32 | Kind::Fixed32 => {
                plain(DeclaredKind::Integer(64))
            }
            Kind::Uint64 | Kind::Fixed64 => {
                let mut declared = decimal();
                declared.origin.precision = Some(DIGITS_OF_64_BITS);
                declared
            }
            Kind::Bool => plain(DeclaredKind::Boolean),
            Kind::Text => plain(DeclaredKind::Text),
            Kind::Bytes => plain(DeclaredKind::Bytes),
            Kind::Enum(index) if self.plan.enums[index].is_null => any(),
            Kind::Enum(_) => plain(DeclaredKind::Enum),
            Kind::Message(_) => any(),
        }
    }

    fn special(&self, special: Special, message: &Message) -> Declared {
        let text = |logical| Declared::of(DeclaredKind::Text, logical);
        match special {
            Special::Timestamp => text(Some(Logical::Timestamp(Unit::Nanos))),
            Special::Duration => text(Some(Logical::Duration(Unit::Nanos))),
            Special::Date => text(Some(Logical::Date)),
            Special::TimeOfDay => text(Some(Logical::Time(Unit::Nanos))),
            Special::FieldMask => text(None),
            Special::Decimal => decimal(),
            Special::Wrapper => self.scalar(message.fields[0].kind),
            Special::Struct | Special::Any => Declared::any_object(),
            Special::List => Declared::of(DeclaredKind::Array(Rc::new(any())), None),
            Special::Value => any(),
        }
    }
}

/// A value that is what its JSON shows.
fn any() -> Declared {
    Declared::of(DeclaredKind::Any, None).or_null()
}

/// Digits, of which the scale is not declared.
fn decimal() -> Declared {
    Declared::of(DeclaredKind::Bytes, Some(Logical::Decimal { scale: 0 }))
}
