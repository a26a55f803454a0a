//! Lambda's event from a self-managed Kafka, as large as Lambda lets it become; and Function Compute's event of
//! the same records.

use std::fmt::Write;

use base64_simd::STANDARD;
use bytes::Bytes;

/// Lambda's limits for one batch: records (`BatchSize`) and bytes of payload (6 MB).
const MOST_RECORDS: usize = 10_000;
const MOST_BYTES: usize = 6 * 1024 * 1024;

const OPEN: &str =
    r#"{"eventSource":"SelfManagedKafka","bootstrapServers":"127.0.0.1:9092","records":{"#;

/// The topic all events are of.
pub const TOPIC: &str = "orders";

/// As few events as these values fit into; each is of one of four partitions.
pub fn events(values: impl IntoIterator<Item = String>) -> Vec<Bytes> {
    let mut events = Vec::new();
    let mut open = String::new();
    let mut records = 0;
    for (offset, value) in values.into_iter().enumerate() {
        let partition = events.len() % 4;
        let record = record(partition, offset, value);
        if records == MOST_RECORDS || open.len() + record.len() + 4 > MOST_BYTES {
            events.push(close(&mut open));
            records = 0;
        }
        if records == 0 {
            let _ = write!(open, "{OPEN}\"{TOPIC}-{partition}\":[");
        } else {
            open.push(',');
        }
        open.push_str(&record);
        records += 1;
    }
    if records > 0 {
        events.push(close(&mut open));
    }
    events
}

/// The same records in as many events, as CloudEvents with values of text.
pub fn cloud_events(values: &[String]) -> Vec<Bytes> {
    let mut rest = values.iter().enumerate();
    let counts = events(values.iter().cloned()).into_iter().map(|event| records(&event));
    let event = |count| {
        let elements: Vec<String> = rest.by_ref().take(count).map(cloud_event).collect();
        Bytes::from(format!("[{}]", elements.join(",")))
    };
    counts.map(event).collect()
}

fn cloud_event((offset, value): (usize, &String)) -> String {
    let value = serde_json::Value::from(value.as_str());
    format!(
        r#"{{"specversion":"1.0","id":"{offset}","source":"acs:alikafka","type":"alikafka:Topic:Message","subject":"acs:alikafka:alikafka_post-cn-example:topic:{TOPIC}","datacontenttype":"application/json; charset=utf-8","time":"2026-11-20T10:00:00.000Z","aliyunaccountid":"123456789012","data":{{"topic":"{TOPIC}","partition":0,"offset":{offset},"timestamp":1795168800000,"headers":{{"headers":[],"isReadOnly":false}},"key":"{offset}","value":{value}}}}}"#
    )
}

/// How many records an event has.
#[must_use]
pub fn records(event: &Bytes) -> usize {
    memchr::memmem::find_iter(event, b"\"offset\":").count()
}

/// One event of a few records, whatever their bytes are.
#[must_use]
pub fn of_bytes(values: &[Vec<u8>]) -> Bytes {
    let records: Vec<String> =
        values.iter().enumerate().map(|(offset, value)| record(0, offset, value)).collect();
    let mut open = format!("{OPEN}\"{TOPIC}-0\":[{}", records.join(","));
    close(&mut open)
}

fn close(open: &mut String) -> Bytes {
    open.push_str("]}}");
    std::mem::take(open).into()
}

fn record(partition: usize, offset: usize, value: impl AsRef<[u8]>) -> String {
    let key = STANDARD.encode_to_string(offset.to_string());
    let value = STANDARD.encode_to_string(value);
    format!(
        r#"{{"topic":"{TOPIC}","partition":{partition},"offset":{offset},"timestamp":1795168800000,"timestampType":"CREATE_TIME","key":"{key}","value":"{value}","headers":[]}}"#
    )
}
