//! Lambda's envelope, which a Kafka destination receives for a record that was given up.
//!
//! The format is that of "Using a Kafka topic as an on-failure destination" (AWS Lambda Developer
//! Guide): one JSON document for each record; its payload is an event with this one record. This
//! module does not decide when an envelope is sent.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use krafka::consumer::ConsumerRecord;
use serde_json::{Value, json};

use crate::event;
use crate::event::batch::{Batch, Condition, Discard, Slice};

const VERSION: &str = "1.0";
const FUNCTION_VERSION: &str = "$LATEST";

impl Condition {
    /// The name in the envelope. The guide's example of a Kafka destination has `RetriesExhausted`,
    /// its list of conditions has `RetryAttemptsExhausted`; this is the name in the list.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RetryAttemptsExhausted => "RetryAttemptsExhausted",
            Self::RecordAgeExceeded => "RecordAgeExceeded",
            Self::MaximumPayloadSizeExceeded => "MaximumPayloadSizeExceeded",
        }
    }
}

/// The brokers from which a record was read, and the function for which it was read.
#[derive(Debug, Clone, Copy)]
pub struct Source<'s> {
    /// The brokers as the event names them.
    pub bootstrap: &'s str,
    /// The function's ARN, without a version.
    pub function_arn: &'s str,
}

/// The envelope of one record of `slice`, written at `now`. `request` is the id of the last
/// invocation, or a new one if there was none.
#[must_use]
pub fn write(
    record: &ConsumerRecord,
    slice: &Slice,
    request: &str,
    discard: &Discard,
    source: Source<'_>,
    now: SystemTime,
) -> Bytes {
    let alone = Slice::new(slice.partition, slice.epoch, vec![record.clone()]);
    let event = event::write(&Batch::new(record.topic.clone(), vec![alone]), source.bootstrap);
    let head = json!({
        "requestContext": {
            "requestId": request,
            "functionArn": format!("{}:{FUNCTION_VERSION}", source.function_arn),
            "condition": discard.condition.name(),
            "approximateInvokeCount": slice.invocations,
        },
        "responseContext": response(slice),
        "version": VERSION,
        "timestamp": humantime::format_rfc3339_millis(now).to_string(),
        "KafkaBatchInfo": {
            "batchSize": 1,
            "eventSourceArn": Value::Null,
            "bootstrapServers": source.bootstrap,
            "payloadSize": event.len(),
            "recordInfo": {
                "offset": record.offset.to_string(),
                "timestamp": written_at(record.timestamp),
            },
        },
    });
    // The event is JSON already, and may be large.
    let mut envelope = head.to_string().into_bytes();
    envelope.pop();
    envelope.extend_from_slice(br#","payload":"#);
    envelope.extend_from_slice(&event);
    envelope.push(b'}');
    envelope.into()
}

/// The response context; null for a record that was never sent to the function.
fn response(slice: &Slice) -> Value {
    if slice.invocations == 0 {
        return Value::Null;
    }
    json!({
        "statusCode": 200,
        "executedVersion": FUNCTION_VERSION,
        "functionError": "Unhandled",
    })
}

/// The timestamp as RFC 3339 with milliseconds; `None` without a timestamp or after the year 9999.
fn written_at(millis: i64) -> Option<String> {
    let since_1970 = Duration::from_millis(u64::try_from(millis).ok()?);
    // The last second of the year 9999, which is the last one that RFC 3339 can express.
    let time = SystemTime::UNIX_EPOCH.checked_add(since_1970)?;
    (since_1970.as_secs() <= 253_402_300_799)
        .then(|| humantime::format_rfc3339_millis(time).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(record: &ConsumerRecord, invocations: u32, condition: Condition) -> Value {
        let slice = Slice { invocations, ..Slice::new(0, 1, vec![]) };
        let discard = Discard { condition, reason: String::new(), failures: 0 };
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:my-function";
        let source = Source { bootstrap: "b-1:9098", function_arn: arn };
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_573_755_365_568);
        let request = "e4b46cbf-b738-xmpl-8880-a18cdf61200e";
        let bytes = write(record, &slice, request, &discard, source, now);
        serde_json::from_slice(&bytes).expect("JSON")
    }

    #[test]
    fn an_envelope_has_the_documented_shape() {
        let mut record = ConsumerRecord::new(
            "my-topic",
            0,
            100,
            Some(Bytes::from_static(b"test-key")),
            Some(Bytes::from_static(b"test-value")),
        );
        record.timestamp = 1_749_116_692_330;
        let mut envelope = envelope(&record, 3, Condition::RetryAttemptsExhausted);
        let payload = envelope["payload"].take();
        assert_eq!(
            envelope,
            json!({
                "requestContext": {
                    "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
                    "functionArn":
                        "arn:aws:lambda:us-east-1:123456789012:function:my-function:$LATEST",
                    "condition": "RetryAttemptsExhausted",
                    "approximateInvokeCount": 3
                },
                "responseContext": {
                    "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"
                },
                "version": "1.0",
                "timestamp": "2019-11-14T18:16:05.568Z",
                "KafkaBatchInfo": {
                    "batchSize": 1,
                    "eventSourceArn": null,
                    "bootstrapServers": "b-1:9098",
                    "payloadSize": payload.to_string().len(),
                    "recordInfo": {"offset": "100", "timestamp": "2025-06-05T09:44:52.330Z"}
                },
                "payload": null
            })
        );
        assert_eq!(
            payload,
            json!({
                "eventSource": "SelfManagedKafka",
                "bootstrapServers": "b-1:9098",
                "records": {"my-topic-0": [{
                    "topic": "my-topic", "partition": 0, "offset": 100,
                    "timestamp": 1_749_116_692_330_i64, "timestampType": "CREATE_TIME",
                    "key": "dGVzdC1rZXk=", "value": "dGVzdC12YWx1ZQ==", "headers": []
                }]}
            })
        );
    }

    #[test]
    fn what_was_never_sent_has_no_response() {
        let mut record = ConsumerRecord::new("t", 0, 0, None, None);
        record.timestamp = -1;
        let envelope = envelope(&record, 0, Condition::MaximumPayloadSizeExceeded);
        assert_eq!(envelope["responseContext"], Value::Null);
        assert_eq!(envelope["requestContext"]["condition"], "MaximumPayloadSizeExceeded");
        assert_eq!(envelope["KafkaBatchInfo"]["recordInfo"]["timestamp"], Value::Null);
        assert_eq!(envelope["payload"]["records"]["t-0"][0]["value"], Value::Null);
    }
}
