//! Writes Lambda's Kafka event as JSON into one buffer.
//!
//! The format is that of the self-managed Apache Kafka event ("Using Lambda with self-managed
//! Apache Kafka", AWS Lambda Developer Guide). The size is known before the event is written, so
//! that a batch keeps Lambda's payload limit without encoding a record twice.

use base64_simd::STANDARD;
use bytes::Bytes;
use krafka::consumer::{ConsumerRecord, TimestampType};

use crate::event::batch::{Batch, Slice};

const OPEN: &str = r#"{"eventSource":"SelfManagedKafka","bootstrapServers":"#;
const RECORDS: &str = r#","records":{"#;
const CLOSE: &str = "}}";
const TOPIC: &str = r#"{"topic":"#;
const PARTITION: &str = r#","partition":"#;
const OFFSET: &str = r#","offset":"#;
const TIMESTAMP: &str = r#","timestamp":"#;
const CREATED: &str = r#","timestampType":"CREATE_TIME","key":"#;
const APPENDED: &str = r#","timestampType":"LOG_APPEND_TIME","key":"#;
const VALUE: &str = r#","value":"#;
const HEADERS: &str = r#","headers":["#;
const RECORD_END: &str = "]}";
const NULL: &str = "null";

/// The event of `batch` as Lambda would send it, from a cluster known as `bootstrap`.
#[must_use]
pub fn write(batch: &Batch, bootstrap: &str) -> Bytes {
    let mut out = Vec::with_capacity(size(batch, bootstrap));
    out.extend_from_slice(OPEN.as_bytes());
    write_string(&mut out, bootstrap);
    out.extend_from_slice(RECORDS.as_bytes());
    for (index, slice) in batch.slices.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_string(&mut out, &format!("{}-{}", batch.topic, slice.partition));
        out.extend_from_slice(b":[");
        let opening = record_opening(&batch.topic, slice.partition);
        for (index, record) in slice.records.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            write_record(&mut out, &opening, record);
        }
        out.push(b']');
    }
    out.extend_from_slice(CLOSE.as_bytes());
    Bytes::from(out)
}

/// The largest size of the event of `batch`, in bytes.
#[must_use]
pub fn size(batch: &Batch, bootstrap: &str) -> usize {
    let slice = |slice: &Slice| {
        let records: usize = slice.records.iter().map(record_size).sum();
        slice_size(&batch.topic, slice.partition) + records
    };
    envelope_size(bootstrap) + batch.slices.iter().map(slice).sum::<usize>()
}

/// The size of an event without its partitions, in bytes.
#[must_use]
pub fn envelope_size(bootstrap: &str) -> usize {
    OPEN.len() + string_size(bootstrap) + RECORDS.len() + CLOSE.len()
}

/// The size of one partition's list without its records, with the comma before it, in bytes.
#[must_use]
pub fn slice_size(topic: &str, partition: i32) -> usize {
    string_size(topic) + "-".len() + number_size(i64::from(partition)) + ":[],".len()
}

/// The size of one record in an event, with the comma before it, in bytes.
#[must_use]
pub fn record_size(record: &ConsumerRecord) -> usize {
    let bytes = |field: Option<&Bytes>| {
        field.map_or(NULL.len(), |bytes| STANDARD.encoded_length(bytes.len()) + 2)
    };
    let headers: usize = record.headers.iter().map(|(name, value)| header_size(name, value)).sum();
    TOPIC.len()
        + string_size(&record.topic)
        + PARTITION.len()
        + number_size(i64::from(record.partition))
        + OFFSET.len()
        + number_size(record.offset)
        + TIMESTAMP.len()
        + number_size(record.timestamp)
        + timestamp_type(record).len()
        + bytes(record.key.as_ref())
        + VALUE.len()
        + bytes(record.value.as_ref())
        + HEADERS.len()
        + headers
        + record.headers.len().saturating_sub(1)
        + RECORD_END.len()
        + ",".len()
}

fn record_opening(topic: &str, partition: i32) -> Vec<u8> {
    let mut out = TOPIC.as_bytes().to_vec();
    write_string(&mut out, topic);
    out.extend_from_slice(PARTITION.as_bytes());
    write_number(&mut out, i64::from(partition));
    out.extend_from_slice(OFFSET.as_bytes());
    out
}

fn write_record(out: &mut Vec<u8>, opening: &[u8], record: &ConsumerRecord) {
    out.extend_from_slice(opening);
    write_number(out, record.offset);
    out.extend_from_slice(TIMESTAMP.as_bytes());
    write_number(out, record.timestamp);
    out.extend_from_slice(timestamp_type(record).as_bytes());
    write_base64(out, record.key.as_ref());
    out.extend_from_slice(VALUE.as_bytes());
    write_base64(out, record.value.as_ref());
    out.extend_from_slice(HEADERS.as_bytes());
    for (index, (name, value)) in record.headers.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_header(out, name, value.as_ref());
    }
    out.extend_from_slice(RECORD_END.as_bytes());
}

fn timestamp_type(record: &ConsumerRecord) -> &'static str {
    match record.timestamp_type {
        TimestampType::LogAppendTime => APPENDED,
        _ => CREATED,
    }
}

fn write_base64(out: &mut Vec<u8>, bytes: Option<&Bytes>) {
    let Some(bytes) = bytes else {
        out.extend_from_slice(NULL.as_bytes());
        return;
    };
    out.push(b'"');
    STANDARD.encode_append(bytes, out);
    out.push(b'"');
}

/// Writes `{"name":[104,-61]}`: the bytes are signed, as in Java.
fn write_header(out: &mut Vec<u8>, name: &str, value: Option<&Bytes>) {
    out.push(b'{');
    write_string(out, name);
    out.push(b':');
    match value {
        None => out.extend_from_slice(NULL.as_bytes()),
        Some(value) => {
            out.push(b'[');
            for (index, byte) in value.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_signed(out, *byte);
            }
            out.push(b']');
        }
    }
    out.push(b'}');
}

fn header_size(name: &str, value: &Option<Bytes>) -> usize {
    let list = |value: &Bytes| {
        let digits: usize = value.iter().map(|byte| number_size(i64::from(*byte as i8))).sum();
        digits + value.len().saturating_sub(1) + "[]".len()
    };
    "{:}".len() + string_size(name) + value.as_ref().map_or(NULL.len(), list)
}

// With trace headers these digits are a large part of an event, and the standard formatting is
// several times slower.
fn write_signed(out: &mut Vec<u8>, byte: u8) {
    let magnitude = (byte as i8).unsigned_abs();
    if byte >= 128 {
        out.push(b'-');
    }
    if magnitude >= 100 {
        out.push(b'1');
    }
    if magnitude >= 10 {
        out.push(b'0' + magnitude / 10 % 10);
    }
    out.push(b'0' + magnitude % 10);
}

fn write_number(out: &mut Vec<u8>, number: i64) {
    // Writing to memory does not fail, and serde_json writes numbers fast.
    let _ = serde_json::to_writer(out, &number);
}

fn number_size(number: i64) -> usize {
    let digits = number.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1;
    digits + usize::from(number < 0)
}

fn write_string(out: &mut Vec<u8>, text: &str) {
    // Writing a string to memory does not fail.
    let _ = serde_json::to_writer(out, text);
}

/// The size of what [`write_string`] writes: serde_json uses the short escapes and `\u00XX`.
fn string_size(text: &str) -> usize {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..=0x1f => 6,
        _ => 1,
    };
    text.bytes().map(escaped).sum::<usize>() + 2
}

#[cfg(test)]
mod tests;
