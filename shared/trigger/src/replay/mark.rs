//! The mark of a replayed record: headers that count its replays, also in later letters about it.
//!
//! Functions keep these headers in their letters, because they are not headers of a reason. Kafka
//! Connect keeps every header.

use bytes::Bytes;
use krafka::Headers;

const PREFIX: &str = "__sluice.replayed.";
const COUNT: &str = "__sluice.replayed.count";
const LETTER: &str = "__sluice.replayed.letter";
const ORIGIN: &str = "__sluice.replayed.origin";

/// How often a record was replayed, and where it was first read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// The number of replays so far.
    pub(super) count: u32,
    /// Where the record was first read, as `topic-partition@offset`, if that is known.
    origin: Option<Bytes>,
}

impl Mark {
    /// Removes the mark from `headers`; without one the record was never replayed. A count that
    /// is not valid counts as 1, so that such a record is not replayed again and again.
    pub(super) fn take(headers: &mut Headers) -> Self {
        let mut mark = Self::default();
        headers.retain(|(name, value)| {
            match (name.as_str(), value) {
                (COUNT, value) => {
                    let text = value.as_deref().and_then(|value| str::from_utf8(value).ok());
                    mark.count = text.and_then(|text| text.parse().ok()).unwrap_or(1).max(1);
                }
                (ORIGIN, Some(origin)) => mark.origin = Some(origin.clone()),
                _ => {}
            }
            !name.starts_with(PREFIX)
        });
        mark
    }

    /// Adds the mark of one more replay, of the letter at `letter`. `origin` is where the record
    /// was read before this letter.
    pub(super) fn put(&self, headers: &mut Headers, letter: String, origin: Option<String>) {
        let text = |text: String| Some(Bytes::from(text));
        headers.push((COUNT.to_owned(), text(self.count.saturating_add(1).to_string())));
        headers.push((LETTER.to_owned(), text(letter)));
        let first = self.origin.clone().or(origin.map(Bytes::from));
        headers.extend(first.map(|origin| (ORIGIN.to_owned(), Some(origin))));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(name: &str, value: &str) -> (String, Option<Bytes>) {
        (name.to_owned(), Some(Bytes::from(value.to_owned())))
    }

    #[test]
    fn every_replay_counts_and_the_first_place_stays() {
        let mut headers = vec![header("trace", "1"), ("nothing".to_owned(), None)];
        let own = headers.clone();
        for count in 0..3 {
            let mark = Mark::take(&mut headers);
            assert_eq!((mark.count, &headers), (count, &own));
            mark.put(&mut headers, format!("dead-0@{count}"), Some(format!("orders-1@{count}")));
        }
        assert_eq!(headers[2..4], [header(COUNT, "3"), header(LETTER, "dead-0@2")]);
        assert_eq!(headers[4..], [header(ORIGIN, "orders-1@0")]);
    }

    #[test]
    fn a_count_that_cannot_be_read_is_no_fresh_letter() {
        for value in ["", "x", "-1", "0", "99999999999"] {
            assert_eq!(Mark::take(&mut vec![header(COUNT, value)]).count, 1, "{value}");
        }
        assert_eq!(Mark::take(&mut vec![(COUNT.to_owned(), None)]).count, 1);
    }

    proptest! {
        #[test]
        fn the_records_own_headers_are_never_touched(
            own in prop::collection::vec(
                ("[a-z_.]{0,12}", prop::option::of(prop::collection::vec(any::<u8>(), 0..9))), 0..9,
            ),
            replays in 0_u32..4,
        ) {
            let own: Headers =
                own.into_iter().map(|(name, value)| (name, value.map(Bytes::from))).collect();
            let mut headers = own.clone();
            for _ in 0..replays {
                let mark = Mark::take(&mut headers);
                mark.put(&mut headers, "dead-0@1".to_owned(), None);
            }
            prop_assert_eq!(Mark::take(&mut headers).count, replays);
            prop_assert_eq!(headers, own);
        }
    }
}
