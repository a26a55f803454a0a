//! One element of the event: a record, in one of three forms.
//!
//! - A CloudEvent: an object whose member `data` is the record. Its other members are not needed.
//! - The record alone (`RawData`, and the records of the older Function Compute sink connector).
//! - A string whose text is one of these.
//!
//! Published events of 2022 have strings, later ones objects, so both are read.

use bumpalo::Bump;

use super::headers;
use crate::event::base64;
use crate::event::reader::NotAnEvent;
use crate::event::record::{Headers, Record};
use crate::json::scanner::Scanner;
use crate::json::value::Value;
use crate::options::encoding::Encoding;

/// Reads elements.
#[derive(Debug)]
pub(super) struct Elements<'e> {
    pub(super) arena: &'e Bump,
    pub(super) key: Encoding,
    pub(super) value: Encoding,
}

/// What one object says about a record.
#[derive(Default)]
struct Fields<'e> {
    topic: Option<&'e str>,
    partition: Option<i64>,
    offset: Option<i64>,
    timestamp: Option<i64>,
    key: Option<&'e [u8]>,
    value: Option<&'e [u8]>,
    headers: Headers<'e>,
    /// The old connector's `overflowFlag`: the value was too large and is not whole.
    is_cut: bool,
}

impl<'e> Elements<'e> {
    /// Reads one element; `last_topic` is the topic of the record before it, whose text is shared.
    pub(super) fn read(
        &self,
        scanner: &mut Scanner<'e>,
        last_topic: Option<&'e str>,
    ) -> Result<Record<'e>, NotAnEvent> {
        let mut ahead = scanner.clone();
        let Ok(text) = ahead.string() else { return self.object(scanner, last_topic) };
        *scanner = ahead;
        let at = scanner.at();
        let mut inside = Scanner::new(text.unescape(self.arena)?);
        let record = self.object(&mut inside, last_topic);
        let ended = record.and_then(|record| Ok(inside.end().map(|()| record)?));
        // A place in text that was unescaped is no place in the body: the string's end is told.
        ended.map_err(|wrong| wrong.inside(at))
    }

    fn object(
        &self,
        scanner: &mut Scanner<'e>,
        last_topic: Option<&'e str>,
    ) -> Result<Record<'e>, NotAnEvent> {
        let mut data = None;
        let own = self.fields(scanner, Some(&mut data))?;
        let fields = data.unwrap_or(own);
        let wrong = |what: &str| Err(NotAnEvent::new(scanner.at(), what));
        if fields.is_cut {
            return wrong("a record has `overflowFlag`: its value was too large for the event");
        }
        let Some(topic) = fields.topic else { return wrong("an element has no `topic`") };
        let Some(partition) = fields.partition.and_then(|number| i32::try_from(number).ok()) else {
            return wrong("an element has no `partition`");
        };
        let Some(offset) = fields.offset else { return wrong("an element has no `offset`") };
        let topic = last_topic.filter(|last| *last == topic).unwrap_or(topic);
        let timestamp = fields.timestamp.filter(|&millis| millis >= 0);
        let Fields { key, value, headers, .. } = fields;
        Ok(Record {
            topic,
            partition,
            offset,
            timestamp,
            key,
            value,
            headers,
            key_schema: None,
            value_schema: None,
        })
    }

    /// Reads an object; a record in its member `data` goes into `data`, if that is asked for.
    fn fields(
        &self,
        scanner: &mut Scanner<'e>,
        mut data: Option<&mut Option<Fields<'e>>>,
    ) -> Result<Fields<'e>, NotAnEvent> {
        let mut fields = Fields::default();
        let mut members = scanner.object()?;
        while let Some(name) = members.key(scanner)? {
            match (name.as_written(), &mut data) {
                ("data", Some(data)) => **data = Some(self.fields(scanner, None)?),
                ("topic", _) => fields.topic = self.text(scanner)?,
                ("partition", _) => fields.partition = integer(scanner, "partition")?,
                ("offset", _) => fields.offset = integer(scanner, "offset")?,
                ("timestamp", _) => fields.timestamp = moment(scanner)?,
                ("key", _) => fields.key = self.bytes(scanner, self.key, "key")?,
                ("value", _) => fields.value = self.bytes(scanner, self.value, "value")?,
                ("headers", _) => fields.headers = headers::read(scanner, self.arena)?,
                ("overflowFlag", _) => fields.is_cut = flag(scanner)?,
                _ => _ = scanner.value()?,
            }
        }
        Ok(fields)
    }

    fn text(&self, scanner: &mut Scanner<'e>) -> Result<Option<&'e str>, NotAnEvent> {
        match scanner.value()? {
            Value::Null => Ok(None),
            Value::Text(raw) => Ok(Some(raw.unescape(self.arena)?)),
            other => Err(expected(scanner, "a string was expected", other)),
        }
    }

    /// The bytes of a key or a value; null and absent are the same.
    fn bytes(
        &self,
        scanner: &mut Scanner<'e>,
        encoding: Encoding,
        member: &str,
    ) -> Result<Option<&'e [u8]>, NotAnEvent> {
        let start = scanner.at();
        let bytes = match (scanner.value()?, encoding) {
            (Value::Null, _) => return Ok(None),
            (Value::Text(raw), Encoding::Text) => raw.unescape(self.arena)?.as_bytes(),
            (_, Encoding::Text | Encoding::Json) => scanner.since(start).as_bytes(),
            (Value::Text(raw), Encoding::Base64) => {
                let decoded = base64::decode(raw.unescape(self.arena)?, self.arena);
                decoded.ok_or_else(|| {
                    NotAnEvent::new(scanner.at(), format!("`{member}` is not base64"))
                })?
            }
            (other, Encoding::Base64) => {
                let what = format!("`{member}` is neither base64 nor null");
                return Err(expected(scanner, &what, other));
            }
        };
        Ok(Some(bytes))
    }
}

fn integer(scanner: &mut Scanner<'_>, member: &str) -> Result<Option<i64>, NotAnEvent> {
    match scanner.value()? {
        Value::Null => Ok(None),
        Value::Number(digits) => whole(scanner, member, digits),
        other => Err(expected(scanner, &format!("`{member}` is not a number"), other)),
    }
}

/// A timestamp: published events have a number, the documentation calls it a string.
fn moment(scanner: &mut Scanner<'_>) -> Result<Option<i64>, NotAnEvent> {
    match scanner.value()? {
        Value::Null => Ok(None),
        Value::Number(digits) => whole(scanner, "timestamp", digits),
        Value::Text(raw) => whole(scanner, "timestamp", raw.as_written()),
        other => Err(expected(scanner, "`timestamp` is neither a number nor a string", other)),
    }
}

fn whole(scanner: &Scanner<'_>, member: &str, digits: &str) -> Result<Option<i64>, NotAnEvent> {
    digits
        .parse()
        .map(Some)
        .map_err(|_| NotAnEvent::new(scanner.at(), format!("`{member}` is not a 64-bit integer")))
}

fn flag(scanner: &mut Scanner<'_>) -> Result<bool, NotAnEvent> {
    match scanner.value()? {
        Value::Null => Ok(false),
        Value::Bool(flag) => Ok(flag),
        other => Err(expected(scanner, "`overflowFlag` is neither true nor false", other)),
    }
}

fn expected(scanner: &Scanner<'_>, what: &str, found: Value<'_>) -> NotAnEvent {
    NotAnEvent::new(scanner.at(), format!("{what}, and a JSON {} is there", found.kind()))
}
