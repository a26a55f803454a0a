//! The line as CloudWatch reads it: held to the rules of the embedded metric format, which AWS
//! publishes as a JSON schema ("Embedded metric format schema" in the CloudWatch User Guide). The
//! rules are written out here; that CloudWatch itself takes the document is not proved.

use std::time::Duration;

use serde_json::Value;
use sluice_testkit::{EventBuilder, MemorySink, RecordBuilder};

use crate::stand::{GOOD, NO_JSON, REFUSED, Setting, event, run};

/// Asserts that a line is a document, and that its metrics are the line's own counts.
#[track_caller]
pub(crate) fn assert_document(line: &Value) {
    let about = &line["_aws"];
    let millis = about["Timestamp"].as_u64().expect("a timestamp");
    assert!((1_600_000_000_000..10_000_000_000_000).contains(&millis), "milliseconds: {millis}");
    let [directive] = about["CloudWatchMetrics"].as_array().expect("directives").as_slice() else {
        panic!("one directive, not {about}");
    };
    assert_eq!(directive["Namespace"], "Sluice");
    let [dimensions] = directive["Dimensions"].as_array().expect("sets").as_slice() else {
        panic!("one set of dimensions, not {directive}");
    };
    let dimensions = dimensions.as_array().expect("a set");
    assert!((1..=30).contains(&dimensions.len()));
    for dimension in dimensions {
        let value = line[dimension.as_str().expect("text")].as_str().expect("text at the root");
        assert!((1..=1024).contains(&value.len()), "{dimension}: {value}");
    }
    let metrics = directive["Metrics"].as_array().expect("metrics");
    assert!((1..=100).contains(&metrics.len()));
    for metric in metrics {
        let name = metric["Name"].as_str().expect("a name");
        assert!(line[name].is_number(), "{name} at the root of {line}");
        assert!(["Count", "Bytes", "Milliseconds"].contains(&metric["Unit"].as_str().unwrap()));
        let members = metric.as_object().unwrap().len();
        assert_eq!(members, 2, "no member that the specification does not have: {metric}");
    }
    assert_eq!(line["givenBack"], line["given_back"], "{line}");
    assert_eq!(line["writeMs"], line["write_ms"], "{line}");
    assert_eq!(line["coldStart"] == 1, line["cold_start"].as_bool().unwrap(), "{line}");
}

fn names(line: &Value) -> Vec<&str> {
    let metrics = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
    metrics.iter().map(|metric| metric["Name"].as_str().unwrap()).collect()
}

#[test]
fn every_count_is_a_metric() {
    run(async {
        let mut stand = Setting::default().stand();
        let line = stand.invoke(&event(&[GOOD, REFUSED, NO_JSON])).await.line;
        let expected = [
            "received",
            "written",
            "lettered",
            "filtered",
            "givenBack",
            "bytes",
            "writeMs",
            "retries",
            "coldStart",
            "oldestRecordAgeMs",
        ];
        assert_eq!(names(&line), expected);
        assert_eq!((&line["topic"], &line["lettered"]), (&"t".into(), &2.into()));
        let dimensions = &line["_aws"]["CloudWatchMetrics"][0]["Dimensions"];
        assert_eq!(*dimensions, serde_json::json!([["connector", "topic"]]));
    });
}

#[test]
fn the_oldest_record_tells_its_age_and_none_is_none() {
    run(async {
        let mut stand = Setting::default().stand();
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis() as i64;
        let at =
            |offset, timestamp| RecordBuilder::new("t", 0, offset).value(GOOD).timestamp(timestamp);
        let records = [at(0, now - 1_000), at(1, now - 60_000), at(2, -1)];
        let batch = records.into_iter().fold(EventBuilder::msk(), EventBuilder::record);
        let age = stand.invoke(&batch).await.line["oldestRecordAgeMs"].as_i64().unwrap();
        assert!((60_000..90_000).contains(&age), "{age}");
        let line = stand.invoke(&EventBuilder::msk().record(at(3, -1))).await.line;
        assert!(line.get("oldestRecordAgeMs").is_none() && names(&line).len() == 9, "{line}");
        let line = stand.invoke(&EventBuilder::msk().record(at(4, now + 60_000))).await.line;
        assert_eq!(line["oldestRecordAgeMs"], 0, "a clock that is ahead");
    });
}

#[test]
fn what_an_invocation_takes_makes_no_record_older() {
    const SLOW: Duration = Duration::from_millis(400);
    run(async {
        let slow = |sink: MemorySink| {
            sink.bad(|_, _| {
                std::thread::sleep(SLOW);
                false
            })
        };
        let mut stand = Setting::default().stand_with(slow, |_, _| None);
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis() as i64;
        let record = RecordBuilder::new("t", 0, 0).value(GOOD).timestamp(now);
        let started = std::time::Instant::now();
        let line = stand.invoke(&EventBuilder::msk().record(record)).await.line;
        assert!(started.elapsed() >= SLOW, "the sink took no time");
        let age = line["oldestRecordAgeMs"].as_u64().unwrap();
        assert!(u128::from(age) < SLOW.as_millis(), "{age} ms old");
    });
}

#[test]
fn several_topics_are_one_document() {
    run(async {
        let mut stand = Setting::default().stand();
        let batch = EventBuilder::msk().values("t", 0, [GOOD]).values("a-b", 0, [GOOD]);
        let batch = batch.values("t", 1, [GOOD]);
        assert_eq!(stand.invoke(&batch).await.line["topic"], "t,a-b");
    });
}

#[test]
fn what_is_no_event_has_no_topic() {
    run(async {
        let mut stand = Setting::default().stand();
        let deadline = sluice_runtime::Deadline::after(Duration::from_secs(60));
        let line = stand.invoke_raw(b"{}", deadline).await.line;
        let dimensions = &line["_aws"]["CloudWatchMetrics"][0]["Dimensions"];
        assert_eq!(*dimensions, serde_json::json!([["connector"]]));
    });
}
