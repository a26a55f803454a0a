//! The books of an assignment: cases by hand, and any sequence of outcomes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use krafka::consumer::ConsumerRecord;
use proptest::prelude::*;

use super::*;
use crate::answer::Verdict;

const LIMITS: Limits = Limits { records: 10, bytes: 4000, window: Duration::from_millis(500) };
const ENDLESS: Patience = Patience { retries: None, skip: false };

fn place(topic: &str, partition: i32) -> Place {
    Place { topic: topic.into(), partition }
}

fn record(topic: &str, partition: i32, offset: i64) -> ConsumerRecord {
    ConsumerRecord::new(topic, partition, offset, None, None)
}

fn owning(places: &[Place], patience: Patience) -> Assignment {
    let mut assignment = Assignment::new(LIMITS, patience, "b:9092".into(), BTreeMap::new());
    assignment.add(places.to_vec());
    assignment
}

fn fill(assignment: &mut Assignment, place: &Place, offsets: std::ops::Range<i64>, now: Instant) {
    let records = offsets.map(|offset| record(&place.topic, place.partition, offset)).collect();
    assignment.receive(records, now);
}

fn ranges(batch: &Batch) -> Vec<(i32, i64, i64)> {
    let range = |slice: &crate::batch::Slice| {
        let (first, next) = slice.range();
        (slice.partition, first, next)
    };
    batch.slices.iter().map(range).collect()
}

#[test]
fn a_batch_goes_when_it_is_full_or_has_waited() {
    let (now, a) = (Instant::now(), place("a", 0));
    let mut assignment = owning(std::slice::from_ref(&a), ENDLESS);
    fill(&mut assignment, &a, 0..12, now);
    let full = assignment.next_batch(now).expect("a full batch");
    assert_eq!(ranges(&full), [(0, 0, 10)]);
    let later = now + LIMITS.window;
    assert!(assignment.next_batch(later).is_none(), "one batch of a partition is in flight");
    assignment.conclude(full, Ok(Verdict::Settled), now);
    assert!(assignment.next_batch(later - Duration::from_millis(1)).is_none());
    assert_eq!(assignment.wake_at(), Some(later));
    let rest = assignment.next_batch(later).expect("it has waited");
    assert_eq!(ranges(&rest), [(0, 10, 12)]);
}

#[test]
fn a_batch_holds_one_topic_and_what_fits() {
    let now = Instant::now();
    let places = [place("a", 0), place("a", 1), place("b", 0)];
    let mut assignment = owning(&places, ENDLESS);
    for place in &places {
        fill(&mut assignment, place, 0..4, now);
    }
    let mut large = record("a", 1, 4);
    large.value = Some(vec![0; 2400].into());
    assignment.receive(vec![large], now);
    let later = now + LIMITS.window;
    let first = assignment.next_batch(later).expect("topic a");
    assert_eq!((&*first.topic, ranges(&first)), ("a", vec![(0, 0, 4), (1, 0, 4)]));
    assert!(first.bytes("b:9092") <= LIMITS.bytes);
    let second = assignment.next_batch(later).expect("topic b");
    assert_eq!((&*second.topic, ranges(&second)), ("b", vec![(0, 0, 4)]));
    assignment.conclude(first, Ok(Verdict::Settled), later);
    let third = assignment.next_batch(later).expect("the large one");
    assert_eq!(ranges(&third), [(1, 4, 5)]);
}

#[test]
fn a_record_no_batch_can_hold_comes_alone() {
    let (now, a) = (Instant::now(), place("a", 0));
    let mut assignment = owning(std::slice::from_ref(&a), ENDLESS);
    let mut large = record("a", 0, 0);
    large.value = Some(vec![0; LIMITS.bytes].into());
    assignment.receive(vec![large, record("a", 0, 1)], now);
    let batch = assignment.next_batch(now).expect("it is full");
    assert_eq!(ranges(&batch), [(0, 0, 1)]);
    assert!(batch.bytes("b:9092") > LIMITS.bytes);
}

#[test]
fn a_failed_batch_is_kept_whole_and_given_up_in_the_end() {
    let now = Instant::now();
    let places = [place("a", 0), place("a", 1)];
    for skip in [false, true] {
        let mut assignment = owning(&places, Patience { retries: Some(1), skip });
        fill(&mut assignment, &places[0], 0..2, now);
        fill(&mut assignment, &places[1], 0..2, now);
        let later = now + LIMITS.window;
        let batch = assignment.next_batch(later).expect("a batch");
        let conclusion = assignment.conclude(batch, Err("no".into()), later);
        assert_eq!(conclusion.retry_after, Some(Duration::from_millis(100)));
        fill(&mut assignment, &places[0], 2..20, now);
        assert!(assignment.next_batch(later).is_none());
        let again = later + Duration::from_millis(100);
        let batch = assignment.next_batch(again).expect("the same batch");
        assert_eq!(ranges(&batch), [(0, 0, 2), (1, 0, 2)]);
        let given_up = assignment.conclude(batch, Err("never".into()), again).given_up;
        let given_up = given_up.expect("one retry was allowed");
        assert_eq!((given_up.records, given_up.skipped), (4, skip));
        assert_eq!(given_up.partitions, [(0, 0, 1), (1, 0, 1)]);
        assert_eq!(assignment.next_batch(again).is_some(), skip);
        assert_eq!(assignment.uncommitted().len(), if skip { 2 } else { 0 });
    }
}

#[test]
fn given_back_records_lead_the_next_batch() {
    let (now, a) = (Instant::now(), place("a", 0));
    let mut assignment = owning(std::slice::from_ref(&a), ENDLESS);
    fill(&mut assignment, &a, 0..15, now);
    let batch = assignment.next_batch(now).expect("a batch");
    let verdict = Verdict::GivenBack(BTreeMap::from([(0, 4)]));
    let conclusion = assignment.conclude(batch, Ok(verdict), now);
    assert_eq!(conclusion.settled, 4);
    assert_eq!(assignment.uncommitted(), [(a.clone(), 1, 4)]);
    let pause = conclusion.retry_after.expect("a pause");
    assert!(assignment.next_batch(now).is_none());
    let batch = assignment.next_batch(now + pause).expect("the rest");
    assert_eq!(ranges(&batch), [(0, 4, 14)]);
}

#[test]
fn each_record_at_the_front_has_its_own_retries() {
    let (mut now, a) = (Instant::now(), place("a", 0));
    let mut assignment =
        owning(std::slice::from_ref(&a), Patience { retries: Some(1), skip: true });
    fill(&mut assignment, &a, 0..10, now);
    let mut give_back = |offset| {
        now += Duration::from_secs(1);
        let batch = assignment.next_batch(now).expect("a batch");
        let verdict = Verdict::GivenBack(BTreeMap::from([(0, offset)]));
        assignment.conclude(batch, Ok(verdict), now)
    };
    for offset in [4, 6, 8] {
        assert_eq!(give_back(offset).given_up, None, "{offset} has failed once");
    }
    let given_up = give_back(8).given_up.expect("8 has failed twice");
    assert_eq!(given_up.partitions, [(0, 8, 9)]);
}

#[test]
fn what_was_taken_away_changes_nothing() {
    let (now, a) = (Instant::now(), place("a", 0));
    let mut assignment = owning(std::slice::from_ref(&a), ENDLESS);
    fill(&mut assignment, &a, 0..10, now);
    let batch = assignment.next_batch(now).expect("a batch");
    assignment.remove(std::slice::from_ref(&a));
    assignment.add(vec![a.clone()]);
    assert_eq!(assignment.conclude(batch, Ok(Verdict::Settled), now).settled, 0);
    assert_eq!(assignment.uncommitted(), []);

    fill(&mut assignment, &a, 0..10, now);
    let batch = assignment.next_batch(now).expect("a batch");
    assignment.conclude(batch, Err("no".into()), now);
    assignment.leave(std::slice::from_ref(&a));
    assert!(assignment.next_batch(now + Duration::from_secs(60)).is_none());
    assert!(assignment.get(&a).is_some_and(|partition| !partition.busy));
}

#[test]
fn gaps_are_settled_once_nothing_waits() {
    let (now, a) = (Instant::now(), place("a", 0));
    let goals = BTreeMap::from([(a.clone(), 5)]);
    let mut assignment = Assignment::new(LIMITS, ENDLESS, "b:9092".into(), goals);
    assignment.add(vec![a.clone()]);
    fill(&mut assignment, &a, 0..2, now);
    let observe = |assignment: &mut Assignment| {
        assignment.get_mut(&a).expect("owned").observe(Some(5), Some(5));
    };
    observe(&mut assignment);
    assert_eq!(assignment.uncommitted(), []);
    let batch = assignment.next_batch(now).expect("nothing more will come: no window");
    assignment.conclude(batch, Ok(Verdict::Settled), now);
    assert!(!assignment.is_drained());
    observe(&mut assignment);
    assert_eq!(assignment.uncommitted(), [(a.clone(), 1, 5)]);
    assert!(!assignment.is_drained(), "not before it is committed");
    assignment.confirm(&[(a, 1, 5)]);
    assert!(assignment.is_drained());
}

/// What happens to the oldest batch in flight, or to the books.
#[derive(Debug, Clone)]
enum Step {
    Receive(i32, i64),
    Settle,
    Fail,
    GiveBack(Vec<usize>),
    Commit,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..3, 1..8_i64).prop_map(|(partition, count)| Step::Receive(partition, count)),
        2 => Just(Step::Settle),
        1 => Just(Step::Fail),
        2 => proptest::collection::vec(0..10_usize, 1..4).prop_map(Step::GiveBack),
        1 => Just(Step::Commit),
    ]
}

/// The books as a second, simpler bookkeeper keeps them.
#[derive(Default)]
struct Oracle {
    received: BTreeMap<i32, i64>,
    settled: BTreeMap<i32, i64>,
    sent: Vec<Batch>,
}

impl Oracle {
    fn settle(&mut self, partition: i32, first: i64, next: i64) {
        let settled = self.settled.entry(partition).or_default();
        assert_eq!(*settled, first, "offsets of partition {partition} are settled in order, once");
        *settled = next;
    }

    /// Takes the oldest batch in flight and says what the function answers.
    fn answer(&mut self, step: &Step) -> Option<(Batch, Result<Verdict, String>)> {
        let batch = (!self.sent.is_empty()).then(|| self.sent.remove(0))?;
        let mut lowest = BTreeMap::new();
        match step {
            Step::Fail => return Some((batch, Err("told to fail".into()))),
            Step::GiveBack(picks) => {
                for (slice, pick) in batch.slices.iter().zip(picks) {
                    let record = &slice.records[pick % slice.records.len()];
                    lowest.insert(slice.partition, record.offset);
                }
            }
            _ => {}
        }
        for (partition, first, next) in ranges(&batch) {
            self.settle(partition, first, lowest.get(&partition).copied().unwrap_or(next));
        }
        let verdict = if lowest.is_empty() { Verdict::Settled } else { Verdict::GivenBack(lowest) };
        Some((batch, Ok(verdict)))
    }
}

proptest! {
    #[test]
    fn every_offset_is_settled_once_in_order_and_committed_after(
        steps in proptest::collection::vec(step(), 1..80),
    ) {
        let places: Vec<Place> = (0..3).map(|partition| place("a", partition)).collect();
        let mut assignment = owning(&places, ENDLESS);
        let mut oracle = Oracle::default();
        let mut now = Instant::now();
        for step in steps.into_iter().chain(vec![Step::Settle; 80]) {
            now += Duration::from_secs(11);
            match &step {
                Step::Receive(partition, count) => {
                    let from = oracle.received.entry(*partition).or_default();
                    fill(&mut assignment, &place("a", *partition), *from..*from + count, now);
                    *from += count;
                }
                Step::Commit => assignment.confirm(&assignment.uncommitted()),
                step => if let Some((batch, outcome)) = oracle.answer(step) {
                    assignment.conclude(batch, outcome, now);
                },
            }
            while let Some(batch) = assignment.next_batch(now) {
                for (partition, first, _) in ranges(&batch) {
                    let in_flight = oracle.sent.iter().flat_map(ranges).any(|(p, ..)| p == partition);
                    prop_assert!(!in_flight, "one batch of a partition at a time");
                    let settled = oracle.settled.get(&partition).copied().unwrap_or(0);
                    prop_assert_eq!(first, settled, "nothing is left out");
                }
                oracle.sent.push(batch);
            }
            for place in &places {
                let position = oracle.received.get(&place.partition).copied().unwrap_or(0);
                assignment.get_mut(place).expect("owned").observe(Some(position), None);
            }
            for (place, _, offset) in assignment.uncommitted() {
                let settled = oracle.settled.get(&place.partition).copied().unwrap_or(0);
                prop_assert_eq!(offset, settled, "only what is settled is committed");
            }
        }
        prop_assert_eq!(&oracle.settled, &oracle.received);
    }
}
