//! An event is read as `serde_json` and a plain reading of Lambda's documentation read it: the same
//! bodies are refused, and the same records come out.
//!
//! What differs, and is meant to: a member whose name is written with escapes is not known by it;
//! of members that stand there twice the last counts, save partitions, of which each counts, and
//! `records`, which may stand there but once.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bumpalo::Bump;
use serde_json::value::RawValue;
use sluice_bridge::event::Event;
use sluice_bridge::event::record::Header;

use crate::oracle::{self, COMPARED_DEPTH, Name};

/// A record, all its own.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) timestamp: Option<i64>,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Vec<Header>,
}

/// # Panics
/// The law does not hold of these bytes.
pub fn holds(data: &[u8]) {
    let arena = Bump::new();
    let ours = Event::decode(data, &arena);
    let Ok(text) = std::str::from_utf8(data) else {
        assert!(ours.is_err(), "a body that is no UTF-8 is no event");
        return;
    };
    if oracle::depth(text) > COMPARED_DEPTH {
        return;
    }
    let theirs = serde_json::from_str(text).ok().and_then(event);
    match (ours, theirs) {
        (Ok(ours), Some((servers, records))) => {
            assert_eq!(ours.bootstrap_servers, servers.as_deref());
            assert_eq!(ours.records.iter().map(read).collect::<Vec<_>>(), records);
        }
        (Err(_), None) => {}
        (ours, theirs) => panic!("we read {ours:?}, the oracle {theirs:?}"),
    }
}

/// Any bytes in base64 come out of an event as they went in; any text in their place is base64 or
/// refused, as an independent decoder says.
///
/// # Panics
/// The law does not hold of these bytes.
pub fn base64_holds(data: &[u8]) {
    let body = |text: &str| {
        let value = serde_json::to_string(text).expect("text is JSON");
        format!(
            r#"{{"records":{{"t-0":[{{"topic":"t","partition":0,"offset":0,"value":{value}}}]}}}}"#
        )
    };
    let arena = Bump::new();
    let sent = body(&STANDARD.encode(data));
    let event = Event::decode(sent.as_bytes(), &arena).expect("it is an event");
    assert_eq!(event.records[0].value, Some(data));
    if let Ok(text) = std::str::from_utf8(data) {
        let sent = body(text);
        let came = Event::decode(sent.as_bytes(), &arena).ok();
        let came = came.map(|event| event.records[0].value.map(<[u8]>::to_vec));
        assert_eq!(came, STANDARD.decode(text).ok().map(Some));
    }
}

pub(crate) fn read(record: &sluice_bridge::event::record::Record<'_>) -> Read {
    Read {
        topic: record.topic.to_owned(),
        partition: record.partition,
        offset: record.offset,
        timestamp: record.timestamp,
        key: record.key.map(<[u8]>::to_vec),
        value: record.value.map(<[u8]>::to_vec),
        headers: record.headers.to_vec(),
    }
}

/// What a member is known by.
pub(crate) fn known(name: &Name) -> &str {
    name.text.as_deref().filter(|_| !name.escaped).unwrap_or_default()
}

fn event(raw: &RawValue) -> Option<(Option<String>, Vec<Read>)> {
    let (mut servers, mut records) = (None, None);
    for (name, value) in oracle::members(raw)? {
        match known(&name) {
            "records" if records.is_some() => return None,
            "records" => records = Some(partitions(value)?),
            "bootstrapServers" => servers = text(value)?,
            _ => {}
        }
    }
    Some((servers, records?))
}

fn partitions(raw: &RawValue) -> Option<Vec<Read>> {
    let mut records = Vec::new();
    for (_, list) in oracle::members(raw)? {
        for raw in oracle::items(list)? {
            records.push(record(raw)?);
        }
    }
    Some(records)
}

fn record(raw: &RawValue) -> Option<Read> {
    let mut read = Read::default();
    let (mut topic, mut partition, mut offset) = (None, None, None);
    for (name, value) in oracle::members(raw)? {
        match known(&name) {
            "topic" => topic = text(value)?,
            "partition" => partition = integer(value)?,
            "offset" => offset = integer(value)?,
            "timestamp" => read.timestamp = integer(value)?.filter(|millis| *millis >= 0),
            "key" => read.key = bytes(value)?,
            "value" => read.value = bytes(value)?,
            "headers" => read.headers = headers(value)?,
            _ => {}
        }
    }
    let partition = partition?.try_into().ok()?;
    Some(Read { topic: topic?, partition, offset: offset?, ..read })
}

/// `Some(None)` is null.
pub(crate) fn text(raw: &RawValue) -> Option<Option<String>> {
    if raw.get() == "null" { Some(None) } else { oracle::text(raw).map(Some) }
}

pub(crate) fn integer(raw: &RawValue) -> Option<Option<i64>> {
    if raw.get() == "null" { Some(None) } else { raw.get().parse().ok().map(Some) }
}

fn bytes(raw: &RawValue) -> Option<Option<Vec<u8>>> {
    match text(raw)? {
        Some(text) => STANDARD.decode(text).ok().map(Some),
        None => Some(None),
    }
}

fn headers(raw: &RawValue) -> Option<Vec<Header>> {
    let mut headers = Vec::new();
    if raw.get() == "null" {
        return Some(headers);
    }
    for one in oracle::items(raw)? {
        for (name, value) in oracle::members(one)? {
            headers.push((name.text?, header(value)?));
        }
    }
    Some(headers)
}

fn header(raw: &RawValue) -> Option<Option<Vec<u8>>> {
    if raw.get() == "null" {
        return Some(None);
    }
    let byte = |raw: &&RawValue| match raw.get().parse::<i64>().ok()? {
        signed @ -128..0 => Some((signed + 256) as u8),
        unsigned => u8::try_from(unsigned).ok(),
    };
    oracle::items(raw)?.iter().map(byte).collect::<Option<_>>().map(Some)
}
