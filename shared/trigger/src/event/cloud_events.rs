//! The event of Function Compute's trigger for ApsaraMQ for Kafka, written as JSON: an array of CloudEvents.
//!
//! Its form is that of "Formats of event for different triggers". It shows no header; one is written as
//! Kafka's `RecordHeader` would be. Bytes that are not UTF-8 are lost in a value that is written as text,
//! and so are they where the platform does it.

use base64_simd::STANDARD;
use bytes::Bytes;
use krafka::consumer::ConsumerRecord;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use sluice_bridge::options::encoding::Encoding;

use crate::event::batch::Batch;

/// The event of `batch`, its keys and values written as told.
#[must_use]
pub fn write(batch: &Batch, key: Encoding, value: Encoding) -> Bytes {
    let records = batch.slices.iter().flat_map(|slice| &slice.records);
    let mut out = Vec::new();
    for record in records {
        out.push(if out.is_empty() { b'[' } else { b',' });
        write_record(&mut out, record, key, value);
    }
    out.push(b']');
    Bytes::from(out)
}

fn write_record(out: &mut Vec<u8>, record: &ConsumerRecord, key: Encoding, value: Encoding) {
    let ConsumerRecord { topic, partition, offset, timestamp, .. } = record;
    let about = json!({
        "specversion": "1.0",
        "id": format!("{topic}-{partition}-{offset}"),
        "source": "acs:alikafka",
        "type": "alikafka:Topic:Message",
        "subject": format!("acs:alikafka:local:topic:{topic}"),
        "datacontenttype": "application/json; charset=utf-8",
    });
    let headers: Vec<Value> = record.headers.iter().map(header).collect();
    let data = json!({
        "topic": topic.to_string(),
        "partition": partition,
        "offset": offset,
        "timestamp": timestamp,
        "headers": { "headers": headers, "isReadOnly": false },
    });
    open(out, &about);
    out.extend_from_slice(br#","data":"#);
    open(out, &data);
    // The trigger leaves out what a record does not have.
    for (name, bytes, encoding) in [("key", &record.key, key), ("value", &record.value, value)] {
        if let Some(bytes) = bytes {
            out.extend_from_slice(format!(",\"{name}\":").as_bytes());
            write_bytes(out, bytes, encoding);
        }
    }
    out.extend_from_slice(b"}}");
}

/// An object without its end.
fn open(out: &mut Vec<u8>, object: &Value) {
    out.extend_from_slice(object.to_string().as_bytes());
    out.pop();
}

fn header((name, value): &(String, Option<Bytes>)) -> Value {
    // Java's bytes are signed.
    let signed = |bytes: &Bytes| bytes.iter().map(|byte| *byte as i8).collect::<Vec<_>>();
    json!({ "key": name, "value": value.as_ref().map(signed) })
}

fn write_bytes(out: &mut Vec<u8>, bytes: &Bytes, encoding: Encoding) {
    let text = match encoding {
        Encoding::Json if serde_json::from_slice::<&RawValue>(bytes).is_ok() => {
            return out.extend_from_slice(bytes);
        }
        Encoding::Base64 => STANDARD.encode_to_string(bytes),
        Encoding::Json | Encoding::Text => String::from_utf8_lossy(bytes).into_owned(),
    };
    out.extend_from_slice(Value::String(text).to_string().as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::batch::Slice;

    fn written(encoding: Encoding, value: &'static [u8]) -> Value {
        let mut record = ConsumerRecord::new("t", 3, 7, None, Some(Bytes::from_static(value)));
        record.timestamp = 1_655_952_591_589;
        record.headers.push(("trace".into(), Some(Bytes::from_static(&[97, 195, 188]))));
        record.headers.push(("none".into(), None));
        let slices = vec![Slice::new(3, 0, vec![record.clone(), record])];
        let event = write(&Batch::new("t".into(), slices), Encoding::Text, encoding);
        let event: Value = serde_json::from_slice(&event).expect("JSON");
        assert_eq!(event[0], event[1]);
        event[0].clone()
    }

    #[test]
    fn a_record_reads_as_it_is_documented() {
        let event = written(Encoding::Text, br#"{"id":1}"#);
        assert_eq!(event["type"], "alikafka:Topic:Message");
        let headers = json!({
            "headers": [{"key": "trace", "value": [97, -61, -68]}, {"key": "none", "value": null}],
            "isReadOnly": false,
        });
        let data = json!({
            "topic": "t", "partition": 3, "offset": 7, "timestamp": 1_655_952_591_589_i64,
            "headers": headers, "value": r#"{"id":1}"#,
        });
        assert_eq!(event["data"], data, "without a key there is none");
    }

    #[test]
    fn a_value_is_written_as_told() {
        let value = |encoding, bytes| written(encoding, bytes)["data"]["value"].clone();
        assert_eq!(value(Encoding::Json, br#"{"id": 1.50}"#).to_string(), r#"{"id":1.5}"#);
        assert_eq!(value(Encoding::Json, b"no JSON"), "no JSON");
        assert_eq!(value(Encoding::Base64, b"\xff"), "/w==");
        assert_eq!(value(Encoding::Text, b"a\xff"), "a\u{fffd}");
    }
}
