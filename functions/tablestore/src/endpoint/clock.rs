//! The service's clock. A request whose date is more than 15 minutes away from it is refused, so the difference
//! is measured with every answer.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp};

/// Differences below this are the network's, and are not corrected.
const LEAST: SignedDuration = SignedDuration::from_secs(30);
/// A date that is wrong by less than this is no reason for a refusal: the service allows 15 minutes.
const SUSPICIOUS: SignedDuration = SignedDuration::from_mins(5);

/// Our clock, corrected by what the last answer showed.
#[derive(Debug, Default)]
pub(super) struct ServiceClock {
    skew: Cell<SignedDuration>,
}

impl ServiceClock {
    /// The time at the service.
    pub(super) fn now(&self) -> Timestamp {
        let ours = Timestamp::now();
        ours.checked_add(self.skew.get()).unwrap_or(ours)
    }

    /// Learns from an answer's header `x-ots-date`. Returns by how much the date of the request, `sent`, was
    /// wrong, if that may be the reason for a refusal. Another answer may have corrected the clock meanwhile.
    pub(super) fn learn(&self, date: &str, sent: Timestamp) -> Option<SignedDuration> {
        let theirs: Timestamp = date.parse().ok()?;
        let skew = theirs.duration_since(Timestamp::now());
        self.skew.set(if skew.abs() < LEAST { SignedDuration::ZERO } else { skew });
        let wrong = theirs.duration_since(sent);
        (wrong.abs() >= SUSPICIOUS).then_some(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_difference_is_corrected() {
        let clock = ServiceClock::default();
        let at = |hours: i64| {
            let there = Timestamp::now() + SignedDuration::from_hours(hours);
            there.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
        };
        let first = clock.now();
        assert_eq!(clock.learn(&at(0), first), None);
        let wrong = clock.learn(&at(1), first).expect("an hour");
        assert!(wrong.as_mins() >= 59, "{wrong}");
        assert!(clock.now().duration_since(Timestamp::now()).as_mins() >= 59);
        assert_eq!(clock.learn(&at(1), clock.now()), None, "it is corrected");
        assert!(clock.learn(&at(1), first).is_some(), "a request of before");
        assert!(clock.learn(&at(0), clock.now()).is_some());
        assert!(clock.now().duration_since(Timestamp::now()).as_mins() == 0);
        assert_eq!(clock.learn("yesterday", first), None);
    }
}
