//! Parses the event with serde_json, and compares it.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::event::batch::Slice;

fn record(offset: i64, key: Option<&[u8]>, value: Option<&[u8]>) -> ConsumerRecord {
    let own = |bytes: Option<&[u8]>| bytes.map(Bytes::copy_from_slice);
    ConsumerRecord::new("a-b", 7, offset, own(key), own(value))
}

fn batch(records: Vec<ConsumerRecord>) -> Batch {
    let partition = records[0].partition;
    Batch::new("a-b".into(), vec![Slice::new(partition, 0, records)])
}

fn parsed(batch: &Batch) -> Value {
    serde_json::from_slice(&write(batch, "b-1:9092,b-2:9092")).expect("valid JSON")
}

#[test]
fn a_record_reads_as_lambda_documents_it() {
    let mut full = record(15, Some(b"recordKey"), Some(br#"{"key":"value"}"#));
    full.timestamp = 1_545_084_650_987;
    full.headers.push(("headerKey".into(), Some(Bytes::from_static(b"hea"))));
    assert_eq!(
        parsed(&batch(vec![full])),
        json!({
            "eventSource": "SelfManagedKafka",
            "bootstrapServers": "b-1:9092,b-2:9092",
            "records": {"a-b-7": [{
                "topic": "a-b", "partition": 7, "offset": 15,
                "timestamp": 1_545_084_650_987_i64, "timestampType": "CREATE_TIME",
                "key": "cmVjb3JkS2V5", "value": "eyJrZXkiOiJ2YWx1ZSJ9",
                "headers": [{"headerKey": [104, 101, 97]}]
            }]}
        })
    );
}

#[test]
fn null_is_not_empty_and_header_bytes_are_signed() {
    let mut odd = record(0, Some(b""), None);
    odd.timestamp = -1;
    odd.timestamp_type = TimestampType::LogAppendTime;
    odd.headers.push(("twice".into(), Some(Bytes::from_static(&[0, 9, 10, 99, 100, 127]))));
    odd.headers.push(("twice".into(), Some(Bytes::from_static(&[128, 195, 255]))));
    odd.headers.push(("null \"\u{1}".into(), None));
    odd.headers.push(("empty".into(), Some(Bytes::new())));
    let event = parsed(&batch(vec![odd, record(1, None, Some(b""))]));
    let list = &event["records"]["a-b-7"];
    assert_eq!(list[0]["key"], "");
    assert_eq!(list[0]["value"], Value::Null);
    assert_eq!(list[0]["timestamp"], -1);
    assert_eq!(list[0]["timestampType"], "LOG_APPEND_TIME");
    assert_eq!(
        list[0]["headers"],
        json!([
            {"twice": [0, 9, 10, 99, 100, 127]},
            {"twice": [-128, -61, -1]},
            {"null \"\u{1}": null},
            {"empty": []}
        ])
    );
    assert_eq!((&list[1]["key"], &list[1]["value"]), (&Value::Null, &json!("")));
    assert_eq!(list[1]["headers"], json!([]));
}

#[test]
fn every_partition_has_its_list() {
    let mut batch = batch(vec![record(1, None, None)]);
    batch.slices.push(Slice::new(8, 0, vec![record(2, None, None), record(3, None, None)]));
    let event = parsed(&batch);
    assert_eq!(event["records"]["a-b-7"].as_array().map(Vec::len), Some(1));
    assert_eq!(event["records"]["a-b-8"][1]["offset"], 3);
    assert_eq!(event["records"]["a-b-8"][1]["partition"], 8);
}

fn bytes() -> impl Strategy<Value = Option<Vec<u8>>> {
    proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40))
}

proptest! {
    #[test]
    fn the_size_foretold_is_the_size_written(
        fields in proptest::collection::vec(
            (0..i64::MAX, any::<i64>(), bytes(), bytes(), proptest::collection::vec((".*", bytes()), 0..3)),
            1..5,
        ),
    ) {
        let records: Vec<_> = fields.iter().map(|(offset, timestamp, key, value, headers)| {
            let mut record = record(*offset, key.as_deref(), value.as_deref());
            record.timestamp = *timestamp;
            record.headers = headers.iter()
                .map(|(name, value)| (name.clone(), value.clone().map(Bytes::from)))
                .collect();
            record
        }).collect();
        let batch = batch(records);
        let event = write(&batch, "host:9092");
        let oracle: Value = serde_json::from_slice(&event).expect("valid JSON");
        // The computed size counts a comma before the first record and the first list too.
        prop_assert_eq!(event.len() + 2, size(&batch, "host:9092"));
        for (written, (offset, _, key, value, headers)) in
            oracle["records"]["a-b-7"].as_array().expect("a list").iter().zip(&fields)
        {
            let decode = |field: &Value| field.as_str()
                .map(|text| STANDARD.decode_to_vec(text).expect("base64"));
            prop_assert_eq!(written["offset"].as_i64(), Some(*offset));
            prop_assert_eq!(&decode(&written["key"]), key);
            prop_assert_eq!(&decode(&written["value"]), value);
            prop_assert_eq!(written["headers"].as_array().map(Vec::len), Some(headers.len()));
        }
    }
}
