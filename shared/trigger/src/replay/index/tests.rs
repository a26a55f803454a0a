use bytes::Bytes;
use krafka::consumer::ConsumerRecord;

use super::*;
use crate::replay::letter::read;

/// A letter at an offset of its own topic about a record of `orders`.
fn letter(at: i64, (partition, offset): (i32, i64), value: &'static str) -> Letter {
    let value = Bytes::from_static(value.as_bytes());
    let mut record = ConsumerRecord::new("dead", 0, at, None, Some(value));
    let mut header = |name: &str, text: String| {
        record.headers.push((format!("__connect.errors.{name}"), Some(Bytes::from(text))));
    };
    header("topic", "orders".to_owned());
    header("partition", partition.to_string());
    header("offset", offset.to_string());
    read(&record).remove(0)
}

fn places(index: &Index) -> Vec<(usize, i64)> {
    index.entries.iter().map(|entry| (entry.location().0, entry.location().1)).collect()
}

#[test]
fn the_order_is_the_records_whatever_the_letters() {
    let mut index = Index::default();
    for (span, at, record) in
        [(1, 9, (0, 7)), (0, 3, (1, 2)), (1, 4, (0, 300)), (0, 5, (0, 30)), (2, 1, (1, 1))]
    {
        index.add(span, 0, &letter(at, record, "x"));
    }
    assert_eq!(index.ends(4), [Some(6), Some(10), Some(2), None]);
    assert_eq!(index.arrange(), Removed::default());
    assert_eq!(places(&index), [(1, 9), (0, 5), (1, 4), (2, 1), (0, 3)]);
}

#[test]
fn a_record_that_was_lettered_twice_is_there_once() {
    let mut index = Index::default();
    for (span, at, value) in [(1, 9, "a"), (0, 3, "a"), (0, 4, "b"), (2, 0, "a"), (2, 1, "b")] {
        index.add(span, 0, &letter(at, (0, 7), value));
    }
    assert_eq!(index.arrange(), Removed { repeated: 3, done: 0 });
    // The same position with other bytes: the topic was created again.
    assert_eq!(places(&index), [(0, 3), (0, 4)]);
}

#[test]
fn letters_of_unknown_records_are_all_different() {
    let mut index = Index::default();
    for at in [5, 3, 4] {
        let mut unknown = letter(at, (0, 0), "a");
        unknown.origin = None;
        index.add(0, 0, &unknown);
    }
    assert_eq!(index.arrange(), Removed::default());
    assert_eq!(places(&index), [(0, 3), (0, 4), (0, 5)]);
}

#[test]
fn what_was_dealt_with_is_what_comes_before_the_last_one_of_its_span() {
    let mut index = Index::default();
    for (span, at, offset) in [(0, 0, 9), (0, 1, 5), (0, 2, 1), (1, 0, 2), (1, 1, 6)] {
        index.add(span, 0, &letter(at, (0, offset), "x"));
    }
    // No letter of span 1 is done yet.
    index.set_last(0, 0, &letter(1, (0, 5), "x"));
    assert_eq!(index.arrange(), Removed { repeated: 0, done: 2 });
    assert_eq!(places(&index), [(1, 0), (1, 1), (0, 0)]);
}

/// An equal letter is done: a second run must not send this one.
#[test]
fn a_repeated_letter_of_a_record_that_was_dealt_with_is_not_left() {
    let mut index = Index::default();
    index.add(0, 0, &letter(0, (0, 5), "x"));
    index.add(1, 0, &letter(0, (0, 5), "x"));
    index.set_last(0, 0, &letter(0, (0, 5), "x"));
    assert_eq!(index.arrange(), Removed { repeated: 1, done: 1 });
}
