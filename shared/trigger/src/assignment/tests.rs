//! The state of an assignment: single cases, and any sequence of outcomes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use krafka::consumer::ConsumerRecord;

use super::*;
use crate::event;
use crate::event::answer::Verdict;
use crate::event::batch::Slice;
use crate::kafka::lost_offset::{LostOffset, LostReason};
use crate::observer::GivenUp;

const LIMITS: Limits = Limits { records: 10, bytes: 4000, window: Duration::from_millis(500) };
const ENDLESS: ErrorControls =
    ErrorControls { retries: None, max_age: None, bisect: false, disposal: Disposal::Kept };
const WALL: i64 = 1_000_000;

fn topic_partition(topic: &str, partition: i32) -> TopicPartition {
    TopicPartition { topic: topic.into(), partition }
}

fn record(topic: &str, partition: i32, offset: i64) -> ConsumerRecord {
    ConsumerRecord::new(topic, partition, offset, None, None)
}

fn own(assignment: &mut Assignment, partitions: &[TopicPartition]) {
    for topic_partition in partitions.iter().cloned() {
        assignment.assign(&PartitionStart {
            topic_partition,
            topic_id: None,
            from: 0,
            end: 100,
            lost: None,
        });
    }
}

fn owning(partitions: &[TopicPartition], error_controls: ErrorControls) -> Assignment {
    let mut assignment =
        Assignment::new(LIMITS, error_controls, Vec::new(), "b:9092".into(), Goals::default());
    own(&mut assignment, partitions);
    assignment
}

fn fill(
    assignment: &mut Assignment,
    topic_partition: &TopicPartition,
    offsets: std::ops::Range<i64>,
    now: Instant,
) {
    let records = offsets
        .map(|offset| record(&topic_partition.topic, topic_partition.partition, offset))
        .collect();
    assignment.receive(records, now);
}

fn ranges(batch: &Batch) -> Vec<(i32, i64, i64)> {
    let range = |slice: &Slice| {
        let (first, next) = slice.range();
        (slice.partition, first, next)
    };
    batch.slices.iter().map(range).collect()
}

#[test]
fn a_batch_goes_when_it_is_full_or_has_waited() {
    let (now, a) = (Instant::now(), topic_partition("a", 0));
    let mut assignment = owning(std::slice::from_ref(&a), ENDLESS);
    fill(&mut assignment, &a, 0..12, now);
    let full = assignment.next_batch(now, WALL).expect("a full batch");
    assert_eq!(ranges(&full), [(0, 0, 10)]);
    let later = now + LIMITS.window;
    assert!(assignment.next_batch(later, WALL).is_none(), "one batch of a partition is in flight");
    assignment.conclude(full, Ok(Verdict::Settled), now);
    assert!(assignment.next_batch(later - Duration::from_millis(1), WALL).is_none());
    assert_eq!(assignment.wake_at(), Some(later));
    let rest = assignment.next_batch(later, WALL).expect("it has waited");
    assert_eq!(ranges(&rest), [(0, 10, 12)]);
}

#[test]
fn a_batch_holds_one_topic_and_what_fits() {
    let now = Instant::now();
    let partitions = [topic_partition("a", 0), topic_partition("a", 1), topic_partition("b", 0)];
    let mut assignment = owning(&partitions, ENDLESS);
    for topic_partition in &partitions {
        fill(&mut assignment, topic_partition, 0..4, now);
    }
    let mut large = record("a", 1, 4);
    large.value = Some(vec![0; 2400].into());
    assignment.receive(vec![large], now);
    let later = now + LIMITS.window;
    let first = assignment.next_batch(later, WALL).expect("topic a");
    assert_eq!((&*first.topic, ranges(&first)), ("a", vec![(0, 0, 4), (1, 0, 4)]));
    assert!(event::size(&first, "b:9092") <= LIMITS.bytes);
    let second = assignment.next_batch(later, WALL).expect("topic b");
    assert_eq!((&*second.topic, ranges(&second)), ("b", vec![(0, 0, 4)]));
    assignment.conclude(first, Ok(Verdict::Settled), later);
    let third = assignment.next_batch(later, WALL).expect("the large one");
    assert_eq!(ranges(&third), [(1, 4, 5)]);
}

#[test]
fn a_record_no_batch_can_hold_comes_alone() {
    let (now, a) = (Instant::now(), topic_partition("a", 0));
    let mut assignment = owning(std::slice::from_ref(&a), ENDLESS);
    let mut large = record("a", 0, 0);
    large.value = Some(vec![0; LIMITS.bytes].into());
    assignment.receive(vec![large, record("a", 0, 1)], now);
    let batch = assignment.next_batch(now, WALL).expect("it is full");
    assert_eq!(ranges(&batch), [(0, 0, 1)]);
    assert!(event::size(&batch, "b:9092") > LIMITS.bytes);
}

#[test]
fn a_failed_batch_is_kept_whole_and_given_up_in_the_end() {
    let now = Instant::now();
    let partitions = [topic_partition("a", 0), topic_partition("a", 1)];
    for disposal in [Disposal::Kept, Disposal::Skipped] {
        let mut assignment =
            owning(&partitions, ErrorControls { retries: Some(1), disposal, ..ENDLESS });
        let skip = disposal == Disposal::Skipped;
        fill(&mut assignment, &partitions[0], 0..2, now);
        fill(&mut assignment, &partitions[1], 0..2, now);
        let later = now + LIMITS.window;
        let batch = assignment.next_batch(later, WALL).expect("a batch");
        let conclusion = assignment.conclude(batch, Err("no".into()), later);
        assert_eq!(conclusion.retry_after, Some(Duration::from_millis(100)));
        fill(&mut assignment, &partitions[0], 2..20, now);
        assert!(assignment.next_batch(later, WALL).is_none());
        let again = later + Duration::from_millis(100);
        let batch = assignment.next_batch(again, WALL).expect("the same batch");
        assert_eq!(ranges(&batch), [(0, 0, 2), (1, 0, 2)]);
        let given_up = assignment.conclude(batch, Err("never".into()), again).given_up;
        let given_up = given_up.expect("one retry was allowed");
        assert_eq!((given_up.records, given_up.disposal), (4, disposal));
        assert_eq!(given_up.partitions, [(0, 0, 1), (1, 0, 1)]);
        assert_eq!(assignment.next_batch(again, WALL).is_some(), skip);
        assert_eq!(assignment.uncommitted().len(), if skip { 2 } else { 0 });
    }
}

/// What it waits for may be in their records.
#[test]
fn a_failed_batch_does_not_go_before_topics_that_were_served_longer_ago() {
    let now = Instant::now();
    let partitions = ["a", "b", "c"].map(|topic| topic_partition(topic, 0));
    let mut assignment = owning(&partitions, ENDLESS);
    partitions.iter().for_each(|partition| fill(&mut assignment, partition, 0..10, now));
    let next = |assignment: &mut Assignment| {
        assignment.next_batch(now + Duration::from_secs(60), WALL).expect("a batch")
    };
    let failed = next(&mut assignment);
    assert_eq!(&*failed.topic, "a");
    assignment.conclude(failed, Err("no".into()), now);
    fill(&mut assignment, &partitions[1], 10..20, now);
    let rest: Vec<_> = (0..2).map(|_| next(&mut assignment).topic).collect();
    assert_eq!(rest, ["b".into(), "c".into()]);
    let again = next(&mut assignment);
    assert_eq!((&*again.topic, ranges(&again)), ("a", vec![(0, 0, 10)]));
}

/// A member that starts later must not take the lost offset for the one that was read last.
#[test]
fn an_offset_that_the_log_does_not_have_is_replaced_at_once_unless_the_partition_stops() {
    for from in [Some(7), None] {
        let a = topic_partition("a", 0);
        let (topic, kind) = (a.topic.clone(), LostReason::BeyondEnd);
        let lost = LostOffset { topic, partition: 0, kind, offset: 90, start: 7, end: 20, from };
        let mut assignment = owning(&[], ENDLESS);
        assignment.assign(&PartitionStart {
            topic_partition: a.clone(),
            topic_id: None,
            from: 7,
            end: 20,
            lost: Some(lost),
        });
        let expected = from.map(|from| (a, 1, from));
        assert_eq!(assignment.uncommitted(), expected.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn given_back_records_come_again_alone() {
    let (now, a) = (Instant::now(), topic_partition("a", 0));
    let mut assignment = owning(std::slice::from_ref(&a), ENDLESS);
    fill(&mut assignment, &a, 0..15, now);
    let batch = assignment.next_batch(now, WALL).expect("a batch");
    let verdict = Verdict::GivenBack(BTreeMap::from([(0, 4)]));
    let conclusion = assignment.conclude(batch, Ok(verdict), now);
    assert_eq!(conclusion.settled, 4);
    assert_eq!(assignment.uncommitted(), [(a.clone(), 1, 4)]);
    let pause = conclusion.retry_after.expect("a pause");
    assert!(assignment.next_batch(now, WALL).is_none());
    let batch = assignment.next_batch(now + pause, WALL).expect("the rest");
    assert_eq!(ranges(&batch), [(0, 4, 10)]);
}

#[test]
fn each_record_at_the_front_has_its_own_retries() {
    let (mut now, a) = (Instant::now(), topic_partition("a", 0));
    let mut assignment = owning(
        std::slice::from_ref(&a),
        ErrorControls { retries: Some(1), disposal: Disposal::Skipped, ..ENDLESS },
    );
    fill(&mut assignment, &a, 0..10, now);
    let mut give_back = |offset| {
        now += Duration::from_secs(1);
        let batch = assignment.next_batch(now, WALL).expect("a batch");
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
    let (now, a) = (Instant::now(), topic_partition("a", 0));
    let mut assignment = owning(std::slice::from_ref(&a), ENDLESS);
    fill(&mut assignment, &a, 0..10, now);
    let batch = assignment.next_batch(now, WALL).expect("a batch");
    assignment.remove(std::slice::from_ref(&a));
    own(&mut assignment, std::slice::from_ref(&a));
    assert_eq!(assignment.conclude(batch, Ok(Verdict::Settled), now).settled, 0);
    assert_eq!(assignment.uncommitted(), []);

    fill(&mut assignment, &a, 0..10, now);
    let batch = assignment.next_batch(now, WALL).expect("a batch");
    assignment.conclude(batch, Err("no".into()), now);
    assignment.revoke(std::slice::from_ref(&a));
    assert!(assignment.next_batch(now + Duration::from_secs(60), WALL).is_none());
    assert!(assignment.get(&a).is_some_and(|partition| !partition.busy));
}

/// The function may still write what an earlier assignment has sent, such as the records of a topic
/// that was deleted and made again.
#[test]
fn records_wait_for_the_invocation_of_an_earlier_assignment() {
    let (now, a) = (Instant::now(), topic_partition("a", 0));
    let mut assignment = owning(std::slice::from_ref(&a), ENDLESS);
    fill(&mut assignment, &a, 0..10, now);
    let batch = assignment.next_batch(now, WALL).expect("a batch");
    assignment.invoke(&batch);
    assignment.remove(std::slice::from_ref(&a));
    own(&mut assignment, std::slice::from_ref(&a));
    fill(&mut assignment, &a, 0..10, now);
    assert!(assignment.next_batch(now, WALL).is_none() && assignment.wake_at().is_none());
    assignment.conclude(batch, Err("killed".into()), now);
    let next = assignment.next_batch(now, WALL).expect("the records that waited");
    assert_eq!(ranges(&next), [(0, 0, 10)]);
}

#[test]
fn gaps_are_settled_once_nothing_waits() {
    let (now, a) = (Instant::now(), topic_partition("a", 0));
    let goals = Goals::new(&BTreeMap::new(), [(a.clone(), 5)].into());
    let mut assignment = Assignment::new(LIMITS, ENDLESS, Vec::new(), "b:9092".into(), goals);
    own(&mut assignment, std::slice::from_ref(&a));
    fill(&mut assignment, &a, 0..2, now);
    let observe = |assignment: &mut Assignment| {
        assignment.get_mut(&a).expect("owned").note_position(Some(5), Some(5));
    };
    observe(&mut assignment);
    assert_eq!(assignment.uncommitted(), []);
    let batch = assignment.next_batch(now, WALL).expect("nothing more will come: no window");
    assignment.conclude(batch, Ok(Verdict::Settled), now);
    assert!(!assignment.is_drained());
    observe(&mut assignment);
    assert_eq!(assignment.uncommitted(), [(a.clone(), 1, 5)]);
    assert!(!assignment.is_drained(), "not before it is committed");
    assignment.confirm(&[(a, 1, 5)]);
    assert!(assignment.is_drained());
}

mod any;
mod discard;
