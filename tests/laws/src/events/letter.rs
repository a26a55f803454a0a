//! A letter is its record, byte for byte, with the reasons behind the record's own headers, each
//! reason once. Own headers that look like reasons get a prefix; only those of a letter of ours go.

use bumpalo::Bump;
use bytes::Bytes;
use sluice_bridge::event::Event;
use sluice_bridge::model::failure::{Cause, Failure, Stage};
use sluice_dead_letter::{Sender, letter};

const CLASS: &str = "__connect.errors.class.name";
/// Ten of Kafka Connect's, the timestamp and the column.
const ADDED: usize = 12;
const OWN: &str = "__sluice.own.";
const REASONS: [&str; 2] = ["__connect.errors.", "__sluice.errors."];

/// Takes the bytes for an event.
///
/// # Panics
/// The law does not hold of these bytes.
pub fn holds(data: &[u8]) {
    let arena = Bump::new();
    let Ok(event) = Event::decode(data, &arena) else { return };
    let sender = Sender { connector: "laws".to_owned(), include_messages: false };
    for (index, record) in event.records.iter().enumerate() {
        let cause = Cause { column: Some("c".into()), ..Cause::new("why") };
        let failure = Failure { record: index, stage: Stage::Value, cause, may_pass: false };
        let letter = letter(&sender, "dead", record, &failure);
        assert_eq!(letter.topic, "dead");
        assert_eq!((letter.key.as_deref(), letter.value.as_deref()), (record.key, record.value));
        assert_eq!(letter.timestamp, None);
        let is_reason = |name: &str| REASONS.iter().any(|prefix| name.starts_with(prefix));
        let own = record.headers.to_vec().into_iter();
        let mut own: Vec<_> = own.map(|(name, value)| (name, value.map(Bytes::from))).collect();
        let (kept, reasons) = letter.headers.split_at(letter.headers.len() - ADDED);
        let ours = (CLASS.to_owned(), Some(Bytes::from_static(b"sluice")));
        if own.iter().rev().find(|(name, _)| name == CLASS) == Some(&ours) {
            own.retain(|(name, _)| !is_reason(name));
            let kept = kept.iter().filter(|(name, _)| !is_reason(name));
            assert!(kept.eq(&own), "a header that is no reason is gone");
        } else {
            for (name, _) in &mut own {
                if is_reason(name) || name.starts_with(OWN) {
                    name.insert_str(0, OWN);
                }
            }
            assert_eq!(kept, own);
        }
        let mut names: Vec<&str> = reasons.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.iter().all(|name| is_reason(name)), "{names:?}");
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "a reason stands twice");
        let offset = record.offset.to_string();
        let tells = |(name, value): &(String, Option<Bytes>)| {
            name == "__connect.errors.offset" && value.as_deref() == Some(offset.as_bytes())
        };
        assert!(reasons.iter().any(tells), "no offset: {reasons:?}");
    }
}
