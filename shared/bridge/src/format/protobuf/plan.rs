//! A compiled schema: plain data. Messages refer to each other by index, so that a message may
//! contain itself.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::format::frame::MessageName;
use crate::format::schema::Declared;

/// A compiled schema: the messages of its file, and of all files that it uses.
#[derive(Debug)]
pub(crate) struct ProtobufPlan {
    pub(super) messages: Vec<Message>,
    pub(super) enums: Vec<Enum>,
    /// The messages by their full names.
    pub(super) names: HashMap<String, usize>,
    /// The messages at the top of the schema's own file.
    pub(super) top: Vec<usize>,
    /// All messages of the schema's own file, sorted by name.
    pub(super) sorted: Vec<usize>,
    pub(super) package: String,
    /// The declared types that were needed so far, by message.
    pub(super) declared: Vec<OnceCell<Rc<Declared>>>,
}

/// A message type.
#[derive(Debug, Default)]
pub(super) struct Message {
    pub(super) name: String,
    /// In the order of the schema.
    pub(super) fields: Vec<MessageField>,
    /// The index of a field by its number, in order of the numbers.
    pub(super) numbers: Vec<(u32, usize)>,
    /// The message types inside it, in order, as an index in a frame counts them.
    pub(super) inside: Vec<usize>,
    /// How many oneofs it has.
    pub(super) oneofs: usize,
    /// The oneofs that become objects.
    pub(super) choices: Vec<Choice>,
    /// What it means, if that is known.
    pub(super) special: Option<Special>,
}

/// A field of a message.
#[derive(Debug)]
pub(super) struct MessageField {
    pub(super) name: Box<str>,
    /// The name as it begins a member of JSON.
    pub(super) label: Box<str>,
    pub(super) kind: Kind,
    pub(super) presence: Presence,
    /// What is in front of a value that is written on its own.
    pub(super) tag: u64,
    /// The oneof to which it belongs.
    pub(super) oneof: Option<usize>,
}

/// A oneof that becomes an object.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) name: Box<str>,
    /// The name as it begins a member of JSON.
    pub(super) label: Box<str>,
    /// The indexes of its members among the fields.
    pub(super) members: Vec<usize>,
}

/// Whether a field must be there, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// Its default is not sent.
    Implicit,
    Optional,
    /// The same, and null if it is not sent: the schema says so.
    Nullable,
    Required,
    Repeated,
    /// Repeated messages of a key and a value.
    Map,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    Text,
    Bytes,
    Enum(usize),
    Message(usize),
}

/// The constants of an enum.
#[derive(Debug, Default)]
pub(super) struct Enum {
    /// The names by their numbers, in order of the numbers.
    pub(super) names: Vec<(i32, Box<str>)>,
    /// The number of a value that is not there: the first constant.
    pub(super) first: i32,
    /// Whether it is `google.protobuf.NullValue`.
    pub(super) is_null: bool,
}

/// A message with a meaning of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Special {
    Timestamp,
    Duration,
    /// The scalar that a wrapper is about.
    Wrapper,
    Struct,
    /// Any JSON value.
    Value,
    List,
    Any,
    FieldMask,
    /// `google.type.Date`
    Date,
    /// `google.type.TimeOfDay`
    TimeOfDay,
    /// `confluent.type.Decimal`
    Decimal,
}

impl Special {
    /// The meaning of a message by its full name.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name.strip_prefix("google.protobuf.") {
            Some("Timestamp") => Special::Timestamp,
            Some("Duration") => Special::Duration,
            Some("Struct") => Special::Struct,
            Some("Value") => Special::Value,
            Some("ListValue") => Special::List,
            Some("Any") => Special::Any,
            Some("FieldMask") => Special::FieldMask,
            Some(
                "DoubleValue" | "FloatValue" | "Int64Value" | "UInt64Value" | "Int32Value"
                | "UInt32Value" | "BoolValue" | "StringValue" | "BytesValue",
            ) => Special::Wrapper,
            Some(_) => return None,
            None => match name {
                "google.type.Date" => Special::Date,
                "google.type.TimeOfDay" => Special::TimeOfDay,
                "confluent.type.Decimal" => Special::Decimal,
                _ => return None,
            },
        })
    }
}

impl ProtobufPlan {
    /// All messages.
    pub(crate) fn all(&self) -> std::ops::Range<usize> {
        0..self.messages.len()
    }

    /// The full name of a message.
    pub(crate) fn type_name(&self, message: usize) -> &str {
        &self.messages[message].name
    }

    /// Whether some fields of a message are within an object.
    pub(crate) fn has_choices(&self, message: usize) -> bool {
        !self.messages[message].choices.is_empty()
    }

    /// The first message of the schema's own file.
    #[inline]
    pub(crate) fn first(&self) -> Option<usize> {
        self.top.first().copied()
    }

    /// The message that a frame names.
    pub(crate) fn find(&self, name: &MessageName) -> Option<usize> {
        match name {
            MessageName::Path(path) => {
                let mut inside = &self.top;
                let mut found = None;
                for &index in path {
                    let message = *inside.get(index as usize)?;
                    inside = &self.messages[message].inside;
                    found = Some(message);
                }
                found
            }
            MessageName::Sorted(index) => self.sorted.get(*index as usize).copied(),
            MessageName::Name(name) => {
                let name = name.trim_start_matches('.');
                let full = |prefix: &str| self.names.get(&format!("{prefix}.{name}"));
                let ends = |index: &&usize| {
                    self.messages[**index].name.rsplit('.').next() == name.rsplit('.').next()
                };
                let found = self.names.get(name).or_else(|| full(&self.package));
                found.or_else(|| self.sorted.iter().find(ends)).copied()
            }
        }
    }
}

impl Enum {
    /// The name of a number.
    pub(super) fn name(&self, number: i32) -> Option<&str> {
        let place = self.names.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(&self.names[place].1)
    }
}

impl Message {
    /// The place of the object in which a field is.
    pub(super) fn choice(&self, field: usize) -> Option<usize> {
        self.choices.iter().position(|choice| choice.members.contains(&field))
    }

    /// The index of the field of a number.
    #[inline]
    pub(super) fn field(&self, number: u32) -> Option<usize> {
        // Most numbers are those of the places.
        match self.numbers.get((number as usize).wrapping_sub(1)) {
            Some((known, index)) if *known == number => Some(*index),
            _ => {
                let place = self.numbers.binary_search_by_key(&number, |(number, _)| *number);
                place.ok().map(|place| self.numbers[place].1)
            }
        }
    }
}
