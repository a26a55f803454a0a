//! Lambda's Kafka event, from the raw body to records: one pass, one arena, nothing owned per
//! record. The shape is the one documented in "Using Lambda with Amazon MSK" and "… with
//! self-managed Apache Kafka", plus every unusual form that real events had.
//!
//! A body that is not such an event is an error for the whole invocation; nothing is guessed.

use std::fmt;

use bumpalo::Bump;

use crate::event::base64;
use crate::event::record::{Headers, Record};
use crate::json::scanner::{Items, Members, Scanner};
use crate::json::syntax::Syntax;
use crate::json::value::Value;
use crate::model::failure::SinkError;

/// The records of one invocation, partition by partition in the event's order.
#[derive(Debug, Default)]
pub struct Event<'e> {
    /// `host:port` pairs joined by commas, as the mapping was configured.
    pub bootstrap_servers: Option<&'e str>,
    /// Every record; offsets rise within a partition.
    pub records: Vec<Record<'e>>,
}

/// The body is not a Kafka event: where it deviates, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAnEvent {
    at: usize,
    what: String,
}

impl fmt::Display for NotAnEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the invocation is not a Kafka event: {} (at byte {})", self.what, self.at)
    }
}

impl std::error::Error for NotAnEvent {}

impl NotAnEvent {
    pub(super) fn new(at: usize, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }

    /// The same, of a text that is a string in the body.
    pub(super) fn inside(self, at: usize) -> Self {
        Self { at, what: format!("{}, in the text of a string", self.what) }
    }
}

impl From<NotAnEvent> for SinkError {
    fn from(wrong: NotAnEvent) -> Self {
        SinkError::fatal(wrong.to_string())
    }
}

impl From<Syntax> for NotAnEvent {
    fn from(Syntax { at, what }: Syntax) -> Self {
        Self { at, what: what.to_owned() }
    }
}

impl<'e> Event<'e> {
    /// Reads a body; keys and values are decoded from base64 into the arena.
    ///
    /// # Errors
    /// The body is not JSON, has no `records` or has them twice, or a record lacks its
    /// coordinates, holds text that is not base64, or headers of an unknown shape.
    pub fn decode(body: &'e [u8], arena: &'e Bump) -> Result<Self, NotAnEvent> {
        let mut event = Self::default();
        EventReader::new(body, arena)?.read(&mut event, usize::MAX)?;
        Ok(event)
    }
}

/// A body as text.
///
/// # Errors
/// It is not UTF-8; the position is that of the first wrong byte.
pub(super) fn text(body: &[u8]) -> Result<&str, NotAnEvent> {
    simdutf8::basic::from_utf8(body).map_err(|_| {
        let at = std::str::from_utf8(body).map_or_else(|wrong| wrong.valid_up_to(), str::len);
        NotAnEvent::new(at, "it is not UTF-8")
    })
}

/// Reads a body in steps.
#[derive(Debug)]
pub(crate) struct EventReader<'e> {
    scanner: Scanner<'e>,
    arena: &'e Bump,
    place: Place,
    has_records: bool,
}

/// The position of the scanner.
#[derive(Debug)]
enum Place {
    /// Before the event.
    Start,
    Event(Members),
    Partitions(Members, Members),
    Records(Members, Members, Items),
    End,
    /// Reading failed.
    Broken,
}

impl<'e> EventReader<'e> {
    /// Reads nothing yet.
    ///
    /// # Errors
    /// The body is not UTF-8.
    pub(crate) fn new(body: &'e [u8], arena: &'e Bump) -> Result<Self, NotAnEvent> {
        let scanner = Scanner::new(text(body)?);
        Ok(Self { scanner, arena, place: Place::Start, has_records: false })
    }

    /// Reads on until the event has `count` records or the body ends.
    ///
    /// # Errors
    /// As for [`Event::decode`]; reading cannot continue then.
    pub(crate) fn read(&mut self, event: &mut Event<'e>, count: usize) -> Result<(), NotAnEvent> {
        while event.records.len() < count {
            self.place = match std::mem::replace(&mut self.place, Place::Broken) {
                Place::Start => Place::Event(self.scanner.object()?),
                Place::Event(members) => self.member(members, event)?,
                Place::Partitions(members, mut partitions) => {
                    match partitions.key(&mut self.scanner)? {
                        Some(_) => Place::Records(members, partitions, self.scanner.array()?),
                        None => Place::Event(members),
                    }
                }
                Place::Records(members, partitions, mut items) => {
                    let records = &mut event.records;
                    while records.len() < count && items.more(&mut self.scanner)? {
                        records.push(self.record(records.last().map(|record| record.topic))?);
                    }
                    match records.len() < count {
                        true => Place::Partitions(members, partitions),
                        false => Place::Records(members, partitions, items),
                    }
                }
                Place::End => {
                    self.place = Place::End;
                    break;
                }
                Place::Broken => return self.refuse("an earlier attempt to read it failed"),
            };
        }
        Ok(())
    }

    fn member(&mut self, mut members: Members, event: &mut Event<'e>) -> Result<Place, NotAnEvent> {
        let Some(name) = members.key(&mut self.scanner)? else {
            self.scanner.end()?;
            return if self.has_records {
                Ok(Place::End)
            } else {
                self.refuse("it has no `records`")
            };
        };
        match name.as_written() {
            // Rows of the first one may be sent already.
            "records" if self.has_records => return self.refuse("it has `records` twice"),
            "records" => {
                self.has_records = true;
                return Ok(Place::Partitions(members, self.scanner.object()?));
            }
            "bootstrapServers" => event.bootstrap_servers = self.optional_text()?,
            _ => _ = self.scanner.value()?,
        }
        Ok(Place::Event(members))
    }

    /// Reads one record; `last_topic` is the topic of the record before it, whose text is shared.
    fn record(&mut self, last_topic: Option<&'e str>) -> Result<Record<'e>, NotAnEvent> {
        let (mut topic, mut partition, mut offset) = (None, None, None);
        let (mut timestamp, mut key, mut value) = (None, None, None);
        let mut headers = Headers::default();
        let (mut key_schema, mut value_schema) = (None, None);
        let mut members = self.scanner.object()?;
        while let Some(name) = members.key(&mut self.scanner)? {
            match name.as_written() {
                "topic" => topic = self.optional_text()?,
                "partition" => partition = self.integer("partition")?,
                "offset" => offset = self.integer("offset")?,
                "timestamp" => timestamp = self.integer("timestamp")?,
                "key" => key = self.bytes("key")?,
                "value" => value = self.bytes("value")?,
                "headers" => headers = Headers::read(&mut self.scanner)?,
                "keySchemaMetadata" => key_schema = self.optional_object()?,
                "valueSchemaMetadata" => value_schema = self.optional_object()?,
                _ => _ = self.scanner.value()?,
            }
        }
        let Some(topic) = topic else { return self.refuse("a record has no `topic`") };
        let Some(partition) = partition.and_then(|number| i32::try_from(number).ok()) else {
            return self.refuse("a record has no `partition`");
        };
        let Some(offset) = offset else { return self.refuse("a record has no `offset`") };
        let topic = last_topic.filter(|last| *last == topic).unwrap_or(topic);
        let timestamp = timestamp.filter(|&millis| millis >= 0);
        Ok(Record {
            topic,
            partition,
            offset,
            timestamp,
            key,
            value,
            headers,
            key_schema,
            value_schema,
        })
    }

    /// An object as its text; anything else is nothing.
    fn optional_object(&mut self) -> Result<Option<&'e str>, NotAnEvent> {
        match self.scanner.value()? {
            Value::Object(text) => Ok(Some(text)),
            _ => Ok(None),
        }
    }

    fn optional_text(&mut self) -> Result<Option<&'e str>, NotAnEvent> {
        match self.scanner.value()? {
            Value::Null => Ok(None),
            Value::Text(raw) => Ok(Some(raw.unescape(self.arena)?)),
            other => self.refuse(&format!("a string was expected, not a JSON {}", other.kind())),
        }
    }

    fn integer(&mut self, member: &str) -> Result<Option<i64>, NotAnEvent> {
        match self.scanner.value()? {
            Value::Null => Ok(None),
            Value::Number(digits) => match digits.parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => self.refuse(&format!("`{member}` is not a 64-bit integer")),
            },
            _ => self.refuse(&format!("`{member}` is not a number")),
        }
    }

    fn bytes(&mut self, member: &str) -> Result<Option<&'e [u8]>, NotAnEvent> {
        // The scanner is right before the value: the key's colon and space are already read.
        let mut ahead = self.scanner.clone();
        if let Some(bytes) =
            ahead.opaque_string().and_then(|encoded| base64::decode(encoded, self.arena))
        {
            self.scanner = ahead;
            return Ok(Some(bytes));
        }
        match self.scanner.value()? {
            Value::Null => Ok(None),
            Value::Text(raw) => match base64::decode(raw.unescape(self.arena)?, self.arena) {
                Some(bytes) => Ok(Some(bytes)),
                None => self.refuse(&format!("`{member}` is not base64")),
            },
            _ => self.refuse(&format!("`{member}` is neither base64 nor null")),
        }
    }

    fn refuse<T>(&self, what: &str) -> Result<T, NotAnEvent> {
        Err(NotAnEvent { at: self.scanner.at(), what: what.to_owned() })
    }
}

#[cfg(test)]
mod tests;
