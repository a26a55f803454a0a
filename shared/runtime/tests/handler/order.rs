//! Letters, then the commit, then the answer.

use sluice_kafka::Message;
use sluice_testkit::{EventBuilder, Moment, RecordBuilder, Report};

use crate::stand::{GOOD, NO_JSON, REFUSED, Setting, UNMAPPABLE, event, run};

fn header<'m>(message: &'m Message, name: &str) -> &'m str {
    let found = message.headers.iter().find(|(known, _)| known == name);
    std::str::from_utf8(found.unwrap().1.as_ref().unwrap()).unwrap()
}

#[test]
fn letters_are_acknowledged_before_the_commit() {
    for report in [Report::Pointer, Report::WithoutPointer, Report::Rejected] {
        run(async {
            let mut stand = Setting { report, ..Setting::default() }.stand();
            let seen = stand.invoke(&event(&[REFUSED, GOOD, UNMAPPABLE, NO_JSON])).await;
            assert_eq!(seen.counts(), [1, 3, 0, 0]);
            assert_eq!(seen.answer.unwrap().0.to_string(), r#"{"batchItemFailures":[]}"#);
            let moments = stand.journal().moments();
            assert_eq!(moments.len(), 4);
            assert_eq!(moments[3], Moment::Committed);
            assert_eq!(stand.rows(), 1);
        });
    }
}

#[test]
fn the_stage_decides_the_topic() {
    run(async {
        let mut stand = Setting::default().stand();
        stand.invoke(&event(&[REFUSED, GOOD, UNMAPPABLE, NO_JSON])).await;
        let letters = stand.journal().messages();
        let of = |offset: &str| {
            let letter = letters.iter().find(|m| header(m, "__connect.errors.offset") == offset);
            letter.map(|m| (m.topic.clone(), header(m, "__connect.errors.stage").to_owned()))
        };
        let expected = |topic: &str, stage: &str| Some((topic.to_owned(), stage.to_owned()));
        assert_eq!(of("0"), expected("refused", "TASK_PUT"));
        assert_eq!(of("1"), None);
        assert_eq!(of("2"), expected("dead", "TRANSFORMATION"));
        assert_eq!(of("3"), expected("dead", "VALUE_CONVERTER"));
    });
}

#[test]
fn a_key_that_cannot_be_read_goes_to_the_dead_letter_topic() {
    const BY_KEY: &[(&str, &str)] = &[
        ("errors.tolerance", "all"),
        ("errors.deadletterqueue.topic.name", "dead"),
        ("fields.mapping", "$key.id:note"),
        ("key.format", "json"),
    ];
    run(async {
        let mut stand = Setting { options: BY_KEY, ..Setting::default() }.stand();
        let record = RecordBuilder::new("t", 0, 9).key("no json").value(GOOD);
        let seen = stand.invoke(&EventBuilder::msk().record(record)).await;
        assert_eq!(seen.counts(), [0, 1, 0, 0]);
        let letters = stand.journal().messages();
        assert_eq!(letters[0].topic, "dead");
        assert_eq!(header(&letters[0], "__connect.errors.stage"), "KEY_CONVERTER");
    });
}

#[test]
fn without_a_failure_no_producer_is_made_and_with_some_only_one() {
    run(async {
        let mut stand = Setting::default().stand();
        stand.invoke(&event(&[GOOD, GOOD])).await;
        assert!(stand.made.borrow().is_empty());
        stand.invoke(&event(&[REFUSED])).await;
        stand.invoke(&event(&[REFUSED])).await;
        assert_eq!(*stand.made.borrow(), ["b-1.demo:9092,b-2.demo:9092"]);
        assert_eq!(stand.producer.calls(), 2);
    });
}

#[test]
fn an_event_without_records_is_settled() {
    run(async {
        let mut stand = Setting::default().stand();
        let seen = stand.invoke(&EventBuilder::msk()).await;
        assert_eq!(seen.count("received"), 0);
        assert!(seen.answer.is_ok());
    });
}

#[test]
fn tombstones_are_filtered() {
    run(async {
        let mut stand = Setting::default().stand();
        let tombstone = EventBuilder::msk().record(RecordBuilder::new("t", 0, 0));
        let seen = stand.invoke(&tombstone.values("t", 0, [GOOD, REFUSED])).await;
        assert_eq!(seen.counts(), [1, 1, 1, 0]);
    });
}
