//! The counts, for any mix of records and any trouble on the way.

use std::time::Duration;

use proptest::prelude::*;
use sluice_bridge::model::failure::Fault;
use sluice_kafka::SendError;
use sluice_runtime::Deadline;
use sluice_testkit::{EventBuilder, MemorySink, Method, Mishap, Report, Trouble};

use crate::stand::{GOOD, NO_JSON, REFUSED, Setting, Stand, UNMAPPABLE, event, run};

const FAR: Duration = Duration::from_secs(60);

const TOMBSTONE: &str = "";

fn mixed(values: &[&str]) -> EventBuilder {
    values.iter().fold(EventBuilder::msk(), |event, value| {
        let record = event.next("t", 0);
        event.record(if value.is_empty() { record } else { record.value(value) })
    })
}

fn values() -> impl Strategy<Value = Vec<&'static str>> {
    let value = prop::sample::select(vec![GOOD, GOOD, REFUSED, UNMAPPABLE, NO_JSON, TOMBSTONE]);
    prop::collection::vec(value, 1..30)
}

fn troubles() -> impl Strategy<Value = Vec<(Method, usize, Trouble)>> {
    let methods = vec![Method::Begin, Method::Table, Method::Write, Method::Commit];
    let troubles = vec![
        Trouble::Refused(Fault::Transient),
        Trouble::Refused(Fault::Fatal),
        Trouble::AnswerLost,
        Trouble::Hang,
    ];
    let trouble = (prop::sample::select(methods), 0..4usize, prop::sample::select(troubles));
    prop::collection::vec(trouble, 0..3)
}

fn mishap() -> impl Strategy<Value = Option<(usize, Mishap)>> {
    let refused = |error: fn(String) -> SendError| Mishap::Refused(error("scripted".to_owned()));
    let mishaps = vec![
        refused(SendError::TopicMissing),
        refused(SendError::TooLarge),
        refused(SendError::Refused),
        refused(SendError::Unavailable),
        Mishap::AnswerLost,
        Mishap::Hang,
    ];
    prop::option::of((0..2usize, prop::sample::select(mishaps)))
}

proptest! {
    /// The stand itself checks the laws of every invocation.
    #[test]
    fn it_adds_up_whatever_happens(
        values in values(),
        troubles in troubles(),
        mishap in mishap(),
        reports: bool,
        report in prop::sample::select(vec![Report::Pointer, Report::WithoutPointer, Report::Rejected, Report::Suspects]),
        chunk in prop::option::of(1..5usize),
    ) {
        run(async {
            let setting = Setting { reports, report, ..Setting::default() };
            let script = move |call, _: &_| {
                mishap.clone().and_then(|(nth, mishap)| (nth == call).then_some(mishap))
            };
            let faulty = |sink: MemorySink| troubles.iter().fold(sink.ahead(chunk), |sink, t| {
                sink.trouble(t.0, t.1, t.2)
            });
            let mut stand = setting.stand_with(faulty, script);
            let batch = mixed(&values);
            let count = |kinds: &[&str]| {
                values.iter().filter(|value| kinds.contains(value)).count() as u64
            };
            let settled = [count(&[GOOD]), count(&[REFUSED, UNMAPPABLE, NO_JSON]), count(&[TOMBSTONE]), 0];
            let mut last = stand.invoke(&batch).await;
            for _ in 0..20 {
                let all = values.len() as u64;
                assert_eq!(last.count("received"), all);
                if last.counts() == settled {
                    break;
                }
                assert_eq!(last.counts(), [0, 0, 0, all]);
                last = stand.invoke(&batch).await;
            }
            assert_eq!(last.counts(), settled, "the troubles are over and it still fails");
        });
    }
}

#[test]
fn a_body_that_is_no_event_has_its_line_too() {
    let no_event =
        ["", "null", "s3cret", r#"{"password":"s3cret"}"#, r#"{"records":{"s3cret":[7]}}"#];
    let bodies = no_event.iter().map(|body| body.as_bytes()).chain([&b"\xffs3cret"[..]]);
    for (body, reports) in bodies.flat_map(|body| [(body, false), (body, true)]) {
        run(async {
            let mut stand = Setting { reports, ..Setting::default() }.stand();
            let seen = stand.invoke_raw(body, Deadline::after(FAR)).await;
            assert_eq!(seen.error().kind.name(), "Sluice.NotAnEvent");
            assert_eq!((seen.count("received"), seen.count("bytes")), (0, body.len() as u64));
            assert!(!seen.text.contains("s3cret"), "{}", seen.text);
            assert_eq!(stand.invoke(&event(&[GOOD])).await.counts(), [1, 0, 0, 0]);
        });
    }
}

/// Rows set out while the rest of the event is read.
fn early() -> Stand {
    Setting::default().stand_with(|sink| sink.ahead(Some(2)), |_, _| None)
}

#[test]
fn what_turns_out_to_be_no_event_leaves_no_row() {
    run(async {
        let mut stand = early();
        let batch = event(&[GOOD; 9]).build();
        let seen = stand.invoke_raw(&batch[..batch.len() - 1], Deadline::after(FAR)).await;
        assert_eq!((seen.error().kind.name(), seen.count("received")), ("Sluice.NotAnEvent", 0));
        assert_eq!(stand.handler.sink().calls(Method::Table), 1, "it was not found out too early");
        assert!(stand.journal().moments().is_empty());
        assert_eq!(stand.invoke_raw(&batch, Deadline::after(FAR)).await.counts(), [9, 0, 0, 0]);
    });
}

#[test]
fn what_was_not_yet_read_is_given_back_too() {
    run(async {
        let lost = Trouble::Refused(Fault::Fatal);
        let sink = |sink: MemorySink| sink.ahead(Some(2)).trouble(Method::Begin, 0, lost);
        let mut stand = Setting::default().stand_with(sink, |_, _| None);
        let seen = stand.invoke(&event(&[GOOD; 9])).await;
        assert_eq!((seen.error().kind.name(), seen.counts()), ("Sluice.Fatal", [0, 0, 0, 9]));
    });
}

#[test]
fn a_topic_for_letters_behind_rows_on_their_way_is_refused_all_the_same() {
    run(async {
        let mut stand = early();
        let seen = stand
            .invoke(&event(&[GOOD; 9]).values("a-b", 0, [GOOD]).values("dead", 0, [GOOD]))
            .await;
        assert_eq!((seen.error().kind.name(), seen.counts()), ("Sluice.Fatal", [0, 0, 0, 11]));
        assert!(stand.journal().moments().is_empty());
    });
}
