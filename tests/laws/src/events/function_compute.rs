//! An event of Function Compute is read as `serde_json` and a plain reading of its documentation read it:
//! the same bodies are refused, and the same records come out, however key and value are written.
//!
//! What differs, and is meant to: a member whose name is written with escapes is not known by it, save in
//! headers; of members that stand there twice the last counts, and each must be right.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bumpalo::Bump;
use serde_json::value::RawValue;
use sluice_bridge::event::EventForm;
use sluice_bridge::event::incoming::Incoming;
use sluice_bridge::event::record::Header;
use sluice_bridge::options::encoding::Encoding;

use super::lambda::{Read, integer, known, read, text};
use crate::oracle::{self, COMPARED_DEPTH};

/// As a key, as a value.
const ENCODINGS: [(Encoding, Encoding); 3] = [
    (Encoding::Text, Encoding::Text),
    (Encoding::Base64, Encoding::Json),
    (Encoding::Json, Encoding::Base64),
];

/// # Panics
/// The law does not hold of these bytes.
pub fn holds(data: &[u8]) {
    for (key, value) in ENCODINGS {
        let arena = Bump::new();
        let ours = ours(data, EventForm::FunctionCompute { key, value }, &arena);
        let Ok(body) = std::str::from_utf8(data) else {
            assert!(ours.is_none(), "a body that is not UTF-8 is not an event");
            continue;
        };
        if depth(body) > COMPARED_DEPTH {
            continue;
        }
        let raw = serde_json::from_str::<&RawValue>(body).ok();
        let theirs = raw.and_then(|raw| event(raw, (key, value)));
        assert_eq!(ours, theirs, "key as {key:?}, value as {value:?}");
    }
}

/// Whether it is an event with records, its values written as text.
#[must_use]
pub fn is_event(data: &[u8]) -> bool {
    let (key, value) = ENCODINGS[0];
    let form = EventForm::FunctionCompute { key, value };
    ours(data, form, &Bump::new()).is_some_and(|records| !records.is_empty())
}

fn ours(data: &[u8], form: EventForm, arena: &Bump) -> Option<Vec<Read>> {
    // In steps, which must make no difference.
    let mut event = Incoming::of(form, data, arena);
    for count in 0..3 {
        let so_far = event.read(count).ok()?.records.len();
        assert!(so_far <= count, "it is read as far as asked");
    }
    Some(event.whole().ok()?.records.iter().map(read).collect())
}

/// The depth of a text at most: an escape may hide a bracket, and it counts once the string is read.
fn depth(body: &str) -> usize {
    oracle::depth(body) + body.matches("5b").count() + body.matches("7b").count()
}

type Encodings = (Encoding, Encoding);

fn event(raw: &RawValue, encodings: Encodings) -> Option<Vec<Read>> {
    match oracle::items(raw) {
        Some(elements) => elements.into_iter().map(|raw| element(raw, encodings)).collect(),
        None => Some(vec![element(raw, encodings)?]),
    }
}

fn element(raw: &RawValue, encodings: Encodings) -> Option<Read> {
    match raw.get().starts_with('"') {
        true => {
            let inside = oracle::text(raw)?;
            object(serde_json::from_str(&inside).ok()?, encodings)
        }
        false => object(raw, encodings),
    }
}

/// `data` where it is an envelope, otherwise the record.
fn object(raw: &RawValue, encodings: Encodings) -> Option<Read> {
    let own = fields(raw, encodings)?;
    let mut record = own;
    for (name, value) in oracle::members(raw)? {
        if known(&name) == "data" {
            record = fields(value, encodings)?;
        }
    }
    let Fields { topic, partition, offset, cut, read } = record;
    let partition = partition?.try_into().ok()?;
    let read = Read { topic: topic?, partition, offset: offset?, ..read };
    (!cut).then_some(read)
}

#[derive(Default)]
struct Fields {
    topic: Option<String>,
    partition: Option<i64>,
    offset: Option<i64>,
    cut: bool,
    read: Read,
}

fn fields(raw: &RawValue, (key, value): Encodings) -> Option<Fields> {
    let mut fields = Fields::default();
    for (name, raw) in oracle::members(raw)? {
        match known(&name) {
            "topic" => fields.topic = text(raw)?,
            "partition" => fields.partition = integer(raw)?,
            "offset" => fields.offset = integer(raw)?,
            "timestamp" => fields.read.timestamp = moment(raw)?.filter(|millis| *millis >= 0),
            "key" => fields.read.key = bytes(raw, key)?,
            "value" => fields.read.value = bytes(raw, value)?,
            "headers" => fields.read.headers = headers(raw)?,
            "overflowFlag" => fields.cut = matches!(flag(raw)?, Some(true)),
            _ => {}
        }
    }
    Some(fields)
}

fn moment(raw: &RawValue) -> Option<Option<i64>> {
    let quoted = raw.get().strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    match quoted {
        Some(digits) => digits.parse().ok().map(Some),
        None => integer(raw),
    }
}

fn flag(raw: &RawValue) -> Option<Option<bool>> {
    serde_json::from_str(raw.get()).ok()
}

fn bytes(raw: &RawValue, encoding: Encoding) -> Option<Option<Vec<u8>>> {
    if raw.get() == "null" {
        return Some(None);
    }
    let is_text = raw.get().starts_with('"');
    match encoding {
        Encoding::Base64 => STANDARD.decode(oracle::text(raw)?).ok().map(Some),
        Encoding::Text if is_text => oracle::text(raw).map(|text| Some(text.into_bytes())),
        Encoding::Text | Encoding::Json => Some(Some(raw.get().as_bytes().to_vec())),
    }
}

fn headers(raw: &RawValue) -> Option<Vec<Header>> {
    let list = match raw.get().starts_with('{') {
        true => match oracle::member(raw, "headers") {
            Some(list) => list,
            None => return Some(Vec::new()),
        },
        false => raw,
    };
    if list.get() == "null" {
        return Some(Vec::new());
    }
    oracle::items(list)?.into_iter().map(header).collect()
}

/// A key and its value; any other element as the name of a header.
fn header(raw: &RawValue) -> Option<Header> {
    let is_text = |raw: &&RawValue| raw.get().starts_with('"');
    if is_text(&raw) {
        return Some((oracle::text(raw)?, None));
    }
    let whole = Some((raw.get().to_owned(), None));
    let Some(key) = oracle::member(raw, "key").filter(is_text) else { return whole };
    let value = match oracle::member(raw, "value") {
        None => None,
        Some(value) if value.get() == "null" => None,
        Some(value) if is_text(&value) => Some(oracle::text(value)?.into_bytes()),
        Some(value) => match list(value) {
            Some(bytes) => Some(bytes),
            None => return whole,
        },
    };
    Some((oracle::text(key)?, value))
}

fn list(raw: &RawValue) -> Option<Vec<u8>> {
    let byte = |raw: &&RawValue| match raw.get().parse::<i64>().ok()? {
        signed @ -128..0 => Some((signed + 256) as u8),
        unsigned => u8::try_from(unsigned).ok(),
    };
    oracle::items(raw)?.iter().map(byte).collect()
}
