//! A letter that nobody acknowledged: nothing is durable, and everything comes again.

use std::cell::Cell;
use std::rc::Rc;

use sluice_bridge::model::failure::Fault;
use sluice_kafka::{Message, SendError};
use sluice_testkit::{EventBuilder, MemorySink, Method, Mishap, Moment, RecordBuilder, Trouble};

use crate::stand::{GOOD, NO_JSON, REFUSED, Setting, event, run};

fn header<'m>(message: &'m Message, name: &str) -> Option<&'m [u8]> {
    let found = message.headers.iter().find(|(known, _)| known == name);
    found.and_then(|(_, value)| value.as_deref())
}

fn coordinates(message: &Message) -> [Option<&[u8]>; 3] {
    ["topic", "partition", "offset"]
        .map(|name| header(message, &format!("__connect.errors.{name}")))
}

fn mishaps() -> Vec<Mishap> {
    let why = || "scripted".to_owned();
    vec![
        Mishap::Refused(SendError::TopicMissing(why())),
        Mishap::Refused(SendError::TooLarge(why())),
        Mishap::Refused(SendError::Refused(why())),
        Mishap::Refused(SendError::Unauthorized(why())),
        Mishap::Refused(SendError::Unavailable(why())),
        Mishap::AnswerLost,
        Mishap::Hang,
    ]
}

#[test]
fn nothing_is_durable_and_everything_is_given_back() {
    for mishap in mishaps() {
        for topic in ["dead", "refused"] {
            run(unacknowledged(mishap.clone(), topic));
        }
    }
}

/// A mishap of every letter to a topic, until the broker is well again.
async fn unacknowledged(mishap: Mishap, topic: &'static str) {
    let well = Rc::new(Cell::new(false));
    let (cured, told) = (Rc::clone(&well), mishap.clone());
    let script =
        move |_, message: &Message| (!well.get() && message.topic == topic).then(|| mishap.clone());
    let setting = Setting { reports: true, ..Setting::default() };
    let mut stand = setting.stand_with(|sink| sink, script);
    let batch = event(&[GOOD, REFUSED, NO_JSON]);
    let seen = stand.invoke(&batch).await;
    assert_eq!(seen.counts(), [0, 0, 0, 3], "{told:?} of {topic}");
    assert!(!stand.journal().moments().contains(&Moment::Committed));
    assert_eq!(stand.rows(), 0);

    let first = stand.journal().messages();
    cured.set(true);
    let seen = stand.invoke(&batch).await;
    assert_eq!(seen.counts(), [1, 2, 0, 0], "{told:?} of {topic}");
    assert_eq!(stand.rows(), 1);
    let again = stand.journal().messages().split_off(first.len());
    assert_eq!(again.len(), 2);
    for letter in &first {
        let same = |other: &&Message| coordinates(other) == coordinates(letter);
        assert_eq!(again.iter().filter(same).count(), 1, "{letter:?}");
    }
}

#[test]
fn a_letter_repeated_after_a_failed_commit_has_the_same_coordinates() {
    run(async {
        let fault = Trouble::Refused(Fault::Transient);
        let sink = |sink: MemorySink| sink.trouble(Method::Commit, 0, fault);
        let mut stand = Setting::default().stand_with(sink, |_, _| None);
        let batch = EventBuilder::msk()
            .record(RecordBuilder::new("t", 3, 41).key("k").value(REFUSED))
            .record(RecordBuilder::new("t", 3, 42).value(GOOD));
        let seen = stand.invoke(&batch).await;
        assert_eq!((seen.error().kind.name(), seen.counts()), ("Sluice.Transient", [0, 0, 0, 2]));
        assert_eq!(stand.rows(), 0);
        stand.invoke(&batch).await;
        assert_eq!(stand.rows(), 1);
        let letters = stand.journal().messages();
        assert_eq!(letters.len(), 2);
        assert_eq!(letters[0], letters[1]);
        assert_eq!(coordinates(&letters[0]), [&b"t"[..], b"3", b"41"].map(Some));
    });
}

#[test]
fn a_letter_too_large_leaves_its_value_behind_and_says_so() {
    run(async {
        let large = |_, message: &Message| {
            let too_large = || Mishap::Refused(SendError::TooLarge("too large".to_owned()));
            message.value.as_ref().is_some_and(|value| value.len() > 15).then(too_large)
        };
        let mut stand = Setting::default().stand_with(|sink| sink, large);
        let seen = stand.invoke(&event(&[GOOD, REFUSED, NO_JSON])).await;
        assert_eq!(seen.counts(), [1, 2, 0, 0]);
        let letters = stand.journal().messages();
        let of = |topic: &str| letters.iter().find(|letter| letter.topic == topic).unwrap();
        assert_eq!(of("refused").value, None);
        let omitted = header(of("refused"), "__sluice.errors.value.omitted.bytes");
        assert_eq!(omitted, Some(REFUSED.len().to_string().as_bytes()));
        assert_eq!(of("dead").value.as_deref(), Some(NO_JSON.as_bytes()));
        assert_eq!(header(of("dead"), "__sluice.errors.value.omitted.bytes"), None);
    });
}

/// Brokers delete by the letter's timestamp: it is the time of sending, however old the record is.
#[test]
fn a_letter_of_an_old_record_is_as_young_as_any() {
    run(async {
        let mut stand = Setting::default().stand();
        let record = RecordBuilder::new("t", 0, 0).value(REFUSED).timestamp(999);
        let seen = stand.invoke(&EventBuilder::msk().record(record)).await;
        assert_eq!(seen.counts(), [0, 1, 0, 0]);
        let letters = stand.journal().messages();
        assert_eq!((letters.len(), letters[0].timestamp), (1, None));
        assert_eq!(header(&letters[0], "__sluice.errors.timestamp"), Some(&b"999"[..]));
    });
}

/// Time does not change what a topic takes: trying again does not help.
#[test]
fn a_letter_that_its_topic_refuses_is_no_transient_error() {
    for refusal in [SendError::Refused, SendError::TooLarge] {
        run(async {
            let no = move |_, _: &Message| Some(Mishap::Refused(refusal("no key".to_owned())));
            let mut stand = Setting::default().stand_with(|sink| sink, no);
            let seen = stand.invoke(&event(&[REFUSED])).await;
            assert_eq!((seen.error().kind.name(), seen.counts()), ("Sluice.Fatal", [0, 0, 0, 1]));
            assert!(seen.error().message.contains("no key"), "{}", seen.error().message);
        });
    }
}

#[test]
fn a_record_of_a_topic_letters_go_to_is_refused_before_anything_is_done() {
    for topic in ["dead", "refused"] {
        run(async {
            let mut stand = Setting::default().stand();
            let batch = event(&[GOOD]).values(topic, 0, [NO_JSON]);
            let seen = stand.invoke(&batch).await;
            assert_eq!((seen.error().kind.name(), seen.counts()), ("Sluice.Fatal", [0, 0, 0, 2]));
            assert!(seen.error().message.contains(topic), "{}", seen.error().message);
            assert_eq!((stand.journal().moments(), stand.producer.calls()), (Vec::new(), 0));
            assert_eq!(stand.handler.sink().calls(Method::Any), 0);
        });
    }
}
