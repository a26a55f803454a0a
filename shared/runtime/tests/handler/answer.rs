//! What Lambda is told: everything comes again, or nothing does.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;
use sluice_bridge::model::failure::Fault;
use sluice_testkit::{EventBuilder, MemorySink, Method, RecordBuilder, Report, Trouble};

use crate::stand::{GOOD, NO_JSON, REFUSED, Seen, Setting, event, run};

const NONE: &[(&str, &str)] = &[("errors.tolerance", "none")];

fn down_at_first(sink: MemorySink) -> MemorySink {
    sink.trouble(Method::Begin, 0, Trouble::Refused(Fault::Fatal))
}

/// The answer as `partition → offset`; each partition stands in it once.
fn items(seen: &Seen) -> BTreeMap<String, i64> {
    let answer = &seen.answer.as_ref().unwrap().0;
    let members: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(members, ["batchItemFailures"]);
    let list = answer["batchItemFailures"].as_array().unwrap();
    let item = |item: &Value| {
        let identifier = &item["itemIdentifier"];
        assert_eq!(
            (item.as_object().unwrap().len(), identifier.as_object().unwrap().len()),
            (1, 2)
        );
        (
            identifier["partition"].as_str().unwrap().to_owned(),
            identifier["offset"].as_i64().unwrap(),
        )
    };
    let items: BTreeMap<String, i64> = list.iter().map(item).collect();
    assert_eq!(items.len(), list.len(), "{answer}");
    items
}

proptest! {
    #[test]
    fn of_each_partition_the_lowest_offset(
        coordinates in prop::collection::vec((0..3usize, 0..3i32, 0..1i64 << 40), 1..40),
    ) {
        run(async {
            let topics = ["t", "a-b", "a-b-0"];
            let mut lowest = BTreeMap::new();
            let mut batch = EventBuilder::self_managed();
            for (topic, partition, offset) in coordinates {
                let name = format!("{}-{partition}", topics[topic]);
                let entry = lowest.entry(name).or_insert(offset);
                *entry = offset.min(*entry);
                batch = batch.record(RecordBuilder::new(topics[topic], partition, offset).value(GOOD));
            }
            let setting = Setting { reports: true, ..Setting::default() };
            let mut stand = setting.stand_with(down_at_first, |_, _| None);
            assert_eq!(items(&stand.invoke(&batch).await), lowest);
            assert_eq!(items(&stand.invoke(&batch).await), BTreeMap::new());
        });
    }
}

#[test]
fn unreported_the_invocation_fails() {
    run(async {
        let mut stand = Setting::default().stand_with(down_at_first, |_, _| None);
        let seen = stand.invoke(&event(&[GOOD])).await;
        assert_eq!(
            (seen.error().kind.name(), seen.error().message.as_str()),
            ("Sluice.Fatal", "scripted")
        );
        assert!(stand.invoke(&event(&[GOOD])).await.answer.is_ok());
    });
}

#[test]
fn without_tolerance_the_record_is_named_and_no_letter_sent() {
    let write = Report::Pointer;
    for (value, report) in [(REFUSED, write), (REFUSED, Report::Rejected), (NO_JSON, write)] {
        for reports in [false, true] {
            run(async {
                let mut stand =
                    Setting { options: NONE, reports, report, ..Setting::default() }.stand();
                let batch = event(&[GOOD])
                    .record(RecordBuilder::new("a-b", 7, 41).value(GOOD))
                    .record(RecordBuilder::new("a-b", 7, 42).value(value))
                    .record(RecordBuilder::new("a-b", 7, 43).value(GOOD));
                let seen = stand.invoke(&batch).await;
                assert_eq!(seen.counts(), [0, 0, 0, 4]);
                assert_eq!(seen.line["error_type"], "Sluice.BadRecord");
                let error = seen.line["error"].as_str().unwrap();
                assert!(error.starts_with("a-b-7@42: "), "{error}");
                assert!(!seen.text.contains("seventeen"), "{}", seen.text);
                assert!(stand.made.borrow().is_empty());
                assert!(stand.journal().moments().is_empty());
                let failures = seen.line["failures"].as_array().unwrap();
                assert_eq!((failures.len(), failures[0]["offset"].as_i64()), (1, Some(42)));
                if reports {
                    let expected = [("a-b-7", 41), ("t-0", 0)].map(|(p, o)| (p.to_owned(), o));
                    assert_eq!(items(&seen), BTreeMap::from(expected));
                }
            });
        }
    }
}
