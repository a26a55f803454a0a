//! What a function's answer says about a batch.
//!
//! The rules are Lambda's partial batch response for Kafka: an empty or missing list means success,
//! and the lowest offset of a partition counts. An answer that is not valid fails the whole batch,
//! because treating it as success would lose records.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::event::batch::Batch;

/// What an answer means for its batch.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every record is settled.
    Settled,
    /// In these partitions, the record at this offset and all later ones are sent again. All other
    /// records are settled.
    GivenBack(BTreeMap<i32, i64>),
    /// The answer is not valid, so nothing is settled. The text says what is wrong.
    Unclear(String),
}

/// Reads `answer`, the function's response body for `batch`.
#[must_use]
pub fn judge(answer: &[u8], batch: &Batch) -> Verdict {
    if answer.iter().all(u8::is_ascii_whitespace) {
        return Verdict::Settled;
    }
    let failures = match serde_json::from_slice(answer) {
        Ok(Value::Null) => return Verdict::Settled,
        Ok(Value::Object(mut answer)) => answer.remove("batchItemFailures"),
        Ok(_) => return Verdict::Unclear("the answer is neither null nor an object".into()),
        Err(error) => return Verdict::Unclear(format!("the answer is not JSON: {error}")),
    };
    match failures {
        None | Some(Value::Null) => Verdict::Settled,
        Some(Value::Array(failures)) if failures.is_empty() => Verdict::Settled,
        Some(Value::Array(failures)) => lowest(&failures, batch),
        Some(_) => Verdict::Unclear("batchItemFailures is not a list".into()),
    }
}

/// Whether `answer` may report failed items. This is a cheap guess, without parsing.
#[must_use]
pub(crate) fn gives_back(answer: &[u8]) -> bool {
    memchr::memmem::find(answer, b"itemIdentifier").is_some()
}

fn lowest(failures: &[Value], batch: &Batch) -> Verdict {
    let mut lowest = BTreeMap::new();
    for failure in failures {
        match locate(&failure["itemIdentifier"], batch) {
            Ok((partition, offset)) => {
                let known = lowest.entry(partition).or_insert(offset);
                *known = offset.min(*known);
            }
            Err(reason) => return Verdict::Unclear(reason),
        }
    }
    Verdict::GivenBack(lowest)
}

/// The partition and offset of an identifier, if the batch has such a record.
fn locate(identifier: &Value, batch: &Batch) -> Result<(i32, i64), String> {
    let (Some(name), Some(offset)) =
        (identifier["partition"].as_str(), identifier["offset"].as_i64())
    else {
        return Err("an itemIdentifier has no partition or no offset".into());
    };
    let slice = name
        .strip_prefix(&*batch.topic)
        .and_then(|rest| rest.strip_prefix('-'))
        .and_then(|number| number.parse().ok())
        .and_then(|number: i32| batch.slices.iter().find(|slice| slice.partition == number))
        .ok_or_else(|| format!("the batch has no partition {name:?}"))?;
    slice
        .records
        .binary_search_by_key(&offset, |record| record.offset)
        .map(|_| (slice.partition, offset))
        .map_err(|_| format!("the batch has no offset {offset} of {name}"))
}

#[cfg(test)]
mod tests {
    use krafka::consumer::ConsumerRecord;

    use super::*;
    use crate::event::batch::Slice;

    fn batch() -> Batch {
        let record =
            |partition, offset| ConsumerRecord::new("eu-orders", partition, offset, None, None);
        let slice = |partition, offsets: &[i64]| {
            let records = offsets.iter().map(|offset| record(partition, *offset));
            Slice::new(partition, 0, records.collect())
        };
        Batch::new("eu-orders".into(), vec![slice(0, &[4, 5, 9]), slice(11, &[7])])
    }

    fn verdict(answer: &str) -> Verdict {
        judge(answer.as_bytes(), &batch())
    }

    #[test]
    fn nothing_reported_is_success() {
        for answer in [
            "",
            " \n",
            "null",
            "{}",
            r#"{"batchItemFailures":null}"#,
            r#"{"batchItemFailures":[]}"#,
            r#"{"statusCode":200}"#,
        ] {
            assert_eq!(verdict(answer), Verdict::Settled, "{answer:?}");
        }
    }

    #[test]
    fn the_lowest_offset_of_a_partition_wins() {
        let answer = r#"{"batchItemFailures":[
            {"itemIdentifier":{"partition":"eu-orders-0","offset":9}},
            {"itemIdentifier":{"partition":"eu-orders-0","offset":5}},
            {"itemIdentifier":{"partition":"eu-orders-11","offset":7}}]}"#;
        assert_eq!(verdict(answer), Verdict::GivenBack(BTreeMap::from([(0, 5), (11, 7)])));
    }

    #[test]
    fn what_cannot_be_understood_settles_nothing() {
        let item = |item: &str| format!(r#"{{"batchItemFailures":[{{"itemIdentifier":{item}}}]}}"#);
        for answer in [
            "ok".into(),
            r#""ok""#.into(),
            "[]".into(),
            r#"{"batchItemFailures":{}}"#.into(),
            r#"{"batchItemFailures":[{}]}"#.into(),
            item("null"),
            item(r#""""#),
            item(r#"{"partition":"eu-orders-1","offset":4}"#),
            item(r#"{"partition":"orders-0","offset":4}"#),
            item(r#"{"partition":"eu-orders-0","offset":6}"#),
            item(r#"{"partition":"eu-orders-0","offset":"4"}"#),
            item(r#"{"topic-partition":"eu-orders-0","offset":4}"#),
        ] {
            assert!(matches!(verdict(&answer), Verdict::Unclear(_)), "{answer}");
        }
    }
}
