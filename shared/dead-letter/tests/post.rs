//! Sending: all acknowledged, or none counts.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use bytes::Bytes;
use sluice_dead_letter::post;
use sluice_kafka::{Message, SendError};
use sluice_testkit::{Journal, MemoryProducer, Mishap, invocation};
use tokio::time::{Duration, Instant};

fn message(topic: &str, value: &'static str) -> Message {
    let headers = vec![("h".to_owned(), None), ("h".to_owned(), Some(Bytes::from_static(b"1")))];
    let (topic, key) = (topic.to_owned(), Some(Bytes::from_static(b"k")));
    Message { topic, key, value: Some(value.into()), headers, timestamp: None }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

fn refused(error: fn(String) -> SendError) -> Mishap {
    Mishap::Refused(error("scripted".to_owned()))
}

#[test]
fn letters_keep_their_order() {
    invocation::run(async {
        let journal = Journal::default();
        let letters: Vec<Message> = ["1", "2", "3"].map(|text| message("t", text)).into();
        let mut producer = MemoryProducer::new(&journal);
        post(&mut producer, &letters, soon()).await.unwrap();
        assert_eq!(journal.messages(), letters);
        assert_eq!(producer.calls(), 1);
    });
}

#[test]
fn the_missing_ones_are_counted_and_the_first_reason_told() {
    invocation::run(async {
        let mut producer =
            MemoryProducer::scripted(&Journal::default(), |_, message| {
                match message.topic.as_str() {
                    "gone" => Some(refused(SendError::TopicMissing)),
                    "lost" => Some(Mishap::AnswerLost),
                    "large" => Some(refused(SendError::TooLarge)),
                    _ => None,
                }
            });
        let letters = ["t", "large", "gone", "t", "lost", "gone"].map(|to| message(to, ""));
        let unsent = post(&mut producer, &letters, soon()).await.unwrap_err();
        assert_eq!(unsent.count, 3);
        assert_eq!(unsent.error, SendError::TopicMissing("scripted".to_owned()));
        assert_eq!(unsent.to_string(), "3 of the letters could not be sent: scripted");
        assert_eq!(producer.calls(), 1, "a batch that is given back anyway is not sent again");
    });
}

#[test]
fn only_what_was_too_large_is_sent_again_and_only_its_value_is_missing() {
    invocation::run(async {
        let journal = Journal::default();
        let script = |call, message: &Message| match message.topic.as_str() {
            "large" if call == 0 => Some(refused(SendError::TooLarge)),
            _ => None,
        };
        let mut producer = MemoryProducer::scripted(&journal, script);
        let letters = ["large", "t"].map(|topic| message(topic, "value"));
        post(&mut producer, &letters, soon()).await.unwrap();
        let [plain, large] = &journal.messages()[..] else { panic!("{journal:?}") };
        assert_eq!(*plain, letters[1]);
        let with = |letter: &Message, name: &str, value: &'static str| {
            let mut headers = letter.headers.clone();
            headers.push((format!("__sluice.errors.{name}"), Some(value.into())));
            headers
        };
        let headers = with(&letters[0], "value.omitted.bytes", "5");
        assert_eq!(*large, Message { headers, value: None, ..letters[0].clone() });
    });
}

#[test]
fn what_cannot_be_made_smaller_is_not_sent_again() {
    invocation::run(async {
        for error in [SendError::TooLarge, SendError::Refused] {
            let script = move |_, _: &_| Some(refused(error));
            let mut producer = MemoryProducer::scripted(&Journal::default(), script);
            let bare = Message { key: None, value: None, headers: Vec::new(), ..message("t", "") };
            assert_eq!(post(&mut producer, &[bare], soon()).await.unwrap_err().count, 1);
            assert_eq!(producer.calls(), 1);
        }
    });
}

#[test]
fn what_is_too_large_in_every_form_counts() {
    invocation::run(async {
        let script = |_, _: &_| Some(refused(SendError::TooLarge));
        let mut producer = MemoryProducer::scripted(&Journal::default(), script);
        let letters = [message("t", "value"), message("t", "value")];
        let unsent = post(&mut producer, &letters, soon()).await.unwrap_err();
        assert_eq!((unsent.count, producer.calls()), (2, 3));
    });
}

/// A letter may be too large without its value too.
#[test]
fn one_letter_may_need_less_more_than_once() {
    invocation::run(async {
        let journal = Journal::default();
        let script = |_, message: &Message| match message {
            Message { value: Some(_), .. } => Some(refused(SendError::TooLarge)),
            Message { key: Some(_), .. } => Some(refused(SendError::TooLarge)),
            _ => None,
        };
        let mut producer = MemoryProducer::scripted(&journal, script);
        post(&mut producer, &[message("t", "value")], soon()).await.unwrap();
        let [letter] = &journal.messages()[..] else { panic!("{journal:?}") };
        let names: Vec<&str> = letter.headers.iter().map(|(name, _)| name.as_str()).collect();
        let told = ["value.omitted.bytes", "key.omitted.bytes", "headers.omitted"];
        for name in told.map(|name| format!("__sluice.errors.{name}")) {
            assert!(names.contains(&name.as_str()), "{name} is not among {names:?}");
        }
    });
}
