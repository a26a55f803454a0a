//! Lambda's Kafka event, from the raw body to records: one pass, one arena, nothing owned per
//! record. The shape is the one documented in "Using Lambda with Amazon MSK" and "… with
//! self-managed Apache Kafka", plus every odd form that real events were seen in.
//!
//! A body that is not such an event is an error for the whole invocation; nothing is guessed.

use std::fmt;

use base64_simd::AsOut;
use bumpalo::Bump;

use crate::json::Scanner;
use crate::record::{Headers, Record};
use crate::syntax::Syntax;
use crate::value::Value;

/// The records of one invocation, partition by partition in the event's order.
#[derive(Debug)]
pub struct Event<'e> {
    /// `host:port` pairs joined by commas, as the mapping was configured.
    pub bootstrap_servers: Option<&'e str>,
    /// Every record; offsets rise within a partition.
    pub records: Vec<Record<'e>>,
}

/// The body is no Kafka event: where it deviates, and how.
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

impl From<Syntax> for NotAnEvent {
    fn from(Syntax { at, what }: Syntax) -> Self {
        Self { at, what: what.to_owned() }
    }
}

impl<'e> Event<'e> {
    /// Reads a body; keys and values are decoded from base64 into the arena.
    ///
    /// # Errors
    /// The body is not JSON, has no `records`, or a record lacks its coordinates, holds text
    /// that is not base64, or headers of an unknown shape.
    pub fn decode(body: &'e [u8], arena: &'e Bump) -> Result<Self, NotAnEvent> {
        let text = simdutf8::basic::from_utf8(body).map_err(|_| not_text(body))?;
        let mut decoder = Decoder { scanner: Scanner::new(text), arena };
        let event = decoder.event()?;
        decoder.scanner.end()?;
        Ok(event)
    }
}

/// Where a body that is no text is none.
fn not_text(body: &[u8]) -> NotAnEvent {
    let at = std::str::from_utf8(body).map_or_else(|wrong| wrong.valid_up_to(), str::len);
    NotAnEvent { at, what: "it is not UTF-8".to_owned() }
}

struct Decoder<'e> {
    scanner: Scanner<'e>,
    arena: &'e Bump,
}

impl<'e> Decoder<'e> {
    fn event(&mut self) -> Result<Event<'e>, NotAnEvent> {
        let mut event = Event { bootstrap_servers: None, records: Vec::new() };
        let mut found = false;
        let mut members = self.scanner.object()?;
        while let Some(key) = members.key(&mut self.scanner)? {
            match key.as_written() {
                "records" => {
                    event.records.clear();
                    self.partitions(&mut event.records)?;
                    found = true;
                }
                "bootstrapServers" => event.bootstrap_servers = self.optional_text()?,
                _ => _ = self.scanner.value()?,
            }
        }
        if found { Ok(event) } else { self.refuse("it has no `records`") }
    }

    fn partitions(&mut self, records: &mut Vec<Record<'e>>) -> Result<(), NotAnEvent> {
        let mut partitions = self.scanner.object()?;
        while partitions.key(&mut self.scanner)?.is_some() {
            let mut list = self.scanner.array()?;
            while list.more(&mut self.scanner)? {
                records.push(self.record(records.last().map(|record| record.topic))?);
            }
        }
        Ok(())
    }

    /// Reads one record; `last_topic` is the one before it, whose text it will share.
    fn record(&mut self, last_topic: Option<&'e str>) -> Result<Record<'e>, NotAnEvent> {
        let (mut topic, mut partition, mut offset) = (None, None, None);
        let (mut timestamp, mut key, mut value) = (None, None, None);
        let mut headers = Headers::default();
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
        Ok(Record { topic, partition, offset, timestamp, key, value, headers })
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
        // The scanner stands right before the value: a key's colon and space are behind it.
        let mut ahead = self.scanner.clone();
        if let Some(bytes) = ahead.opaque_string().and_then(|encoded| self.base64(encoded)) {
            self.scanner = ahead;
            return Ok(Some(bytes));
        }
        match self.scanner.value()? {
            Value::Null => Ok(None),
            Value::Text(raw) => match self.base64(raw.unescape(self.arena)?) {
                Some(bytes) => Ok(Some(bytes)),
                None => self.refuse(&format!("`{member}` is not base64")),
            },
            _ => self.refuse(&format!("`{member}` is neither base64 nor null")),
        }
    }

    fn base64(&self, encoded: &str) -> Option<&'e [u8]> {
        let length = base64_simd::STANDARD.decoded_length(encoded.as_bytes()).ok()?;
        let room = self.arena.alloc_slice_fill_copy(length, 0u8);
        base64_simd::STANDARD.decode(encoded.as_bytes(), room.as_out()).ok().map(|bytes| &*bytes)
    }

    fn refuse<T>(&self, what: &str) -> Result<T, NotAnEvent> {
        Err(NotAnEvent { at: self.scanner.at(), what: what.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> String {
        Event::decode(body.as_bytes(), &Bump::new()).unwrap_err().to_string()
    }

    fn one(record: &str) -> String {
        format!(r#"{{"eventSource":"aws:kafka","records":{{"t-0":[{record}]}}}}"#)
    }

    #[test]
    fn null_absent_and_empty_are_three_things() {
        let body = one(
            r#"{"topic":"t","partition":0,"offset":1,"timestamp":-1,"key":null,"value":"","headers":null},
               {"topic":"t","partition":0,"offset":2,"value":"eyJhIjoxfQ==","later":[{}]},
               {"offset":3,"partition":0,"topic":"t","timestamp":1545084650987,"key":"a2V5"}"#,
        );
        let arena = Bump::new();
        let records = Event::decode(body.as_bytes(), &arena).unwrap().records;
        assert_eq!((records[0].key, records[0].value), (None, Some(&b""[..])));
        assert_eq!((records[1].key, records[1].value), (None, Some(&b"{\"a\":1}"[..])));
        assert_eq!((records[2].key, records[2].value), (Some(&b"key"[..]), None));
        let timestamps: Vec<_> = records.iter().map(|record| record.timestamp).collect();
        assert_eq!(timestamps, [None, None, Some(1_545_084_650_987)]);
    }

    #[test]
    fn an_escaped_slash_is_still_base64() {
        let body = one(r#"{"topic":"t","partition":0,"offset":1,"value":"Pz8\/"}"#);
        let arena = Bump::new();
        let event = Event::decode(body.as_bytes(), &arena).unwrap();
        assert_eq!(event.records[0].value, Some(&b"???"[..]));
    }

    #[test]
    fn what_is_not_an_event_says_why() {
        assert!(refused("").contains("not a Kafka event"));
        assert!(refused("[]").contains("an object was expected"));
        assert!(refused(r#"{"Records":[]}"#).contains("no `records`"));
        assert!(refused(&one(r#"{"partition":0,"offset":1}"#)).contains("no `topic`"));
        assert!(refused(&one(r#"{"topic":"t","partition":0}"#)).contains("no `offset`"));
        let record =
            |value: &str| one(&format!(r#"{{"topic":"t","partition":0,"offset":1,{value}}}"#));
        assert!(refused(&record(r#""value":"a""#)).contains("`value` is not base64"));
        assert!(refused(&record(r#""value":{}"#)).contains("neither base64 nor null"));
        assert!(refused(&record(r#""headers":{}"#)).contains("headers must be a list"));
        assert!(refused(&(one("") + "x")).contains("text after the value"));
    }
}
