//! Batches that are split, grow too old, or are given up.

use super::*;
use crate::event::batch::Condition;

const BISECTING: ErrorControls =
    ErrorControls { bisect: true, retries: Some(1), disposal: Disposal::Skipped, ..ENDLESS };

/// Sends batches until none is due, with a function that fails for every batch with `bad`; returns
/// the offsets of each invocation, and the records that were given up.
fn drive(assignment: &mut Assignment, bad: i64) -> (Vec<(i64, i64)>, Vec<GivenUp>) {
    let (mut sent, mut given_up) = (Vec::new(), Vec::new());
    let mut now = Instant::now() + Duration::from_secs(60);
    while let Some(batch) = assignment.next_batch(now, WALL) {
        let conclusion = if batch.discarded.is_some() {
            assignment.discard(batch, now)
        } else {
            let (first, next) = batch.slices[0].range();
            sent.push((first, next));
            let fails = (first..next).contains(&bad);
            let outcome = if fails { Err("bad".into()) } else { Ok(Verdict::Settled) };
            assignment.conclude(batch, outcome, now)
        };
        given_up.extend(conclusion.given_up);
        now += Duration::from_secs(60);
    }
    (sent, given_up)
}

#[test]
fn halving_finds_the_one_record_and_costs_no_retry() {
    let a = topic_partition("a", 0);
    let mut assignment = owning(std::slice::from_ref(&a), BISECTING);
    fill(&mut assignment, &a, 0..8, Instant::now());
    let (sent, given_up) = drive(&mut assignment, 5);
    let expected = [(0, 8), (0, 4), (4, 8), (4, 6), (4, 5), (5, 6), (5, 6), (6, 8)];
    assert_eq!(sent, expected, "5 alone is tried once and once again");
    assert_eq!(given_up.len(), 1);
    assert_eq!((given_up[0].records, &given_up[0].partitions[..]), (1, &[(0, 5, 5)][..]));
    assert_eq!(assignment.uncommitted(), [(a, 1, 8)]);
}

/// The sum of the pauses of splits, with a function that fails for every batch for which `is_bad`
/// holds.
fn waited(records: i64, is_bad: impl Fn(i64) -> bool) -> Duration {
    let (mut now, a) = (Instant::now(), topic_partition("a", 0));
    let limits = Limits { records: 10_000, bytes: 1 << 30, ..LIMITS };
    let mut assignment =
        Assignment::new(limits, BISECTING, Vec::new(), "b:9092".into(), Goals::default());
    own(&mut assignment, std::slice::from_ref(&a));
    fill(&mut assignment, &a, 0..records, now);
    now += LIMITS.window;
    let mut waited = Duration::ZERO;
    while let Some(batch) = assignment.next_batch(now, WALL) {
        let (first, next) = batch.slices[0].range();
        let fails = (first..next).any(&is_bad);
        let outcome = if fails { Err("bad".into()) } else { Ok(Verdict::Settled) };
        let pause = assignment.conclude(batch, outcome, now).retry_after.unwrap_or_default();
        (waited, now) = (waited + pause, now + pause);
    }
    assert_eq!(assignment.uncommitted(), [(a, 1, records)]);
    waited
}

#[test]
fn one_bad_record_of_a_large_batch_is_found_in_seconds_and_an_outage_is_waited_out() {
    for bad in [0, 4321, 9999] {
        let waited = waited(10_000, |offset| offset == bad);
        assert!(waited < Duration::from_secs(2), "{bad}: {waited:?}");
    }
    assert!(waited(100, |_| true) > Duration::from_secs(500), "nothing works");
}

#[test]
fn a_batch_is_split_at_the_offset_the_function_names() {
    let (now, a) = (Instant::now(), topic_partition("a", 0));
    let mut assignment = owning(std::slice::from_ref(&a), BISECTING);
    fill(&mut assignment, &a, 0..10, now);
    let batch = assignment.next_batch(now, WALL).expect("a batch");
    let verdict = Verdict::GivenBack(BTreeMap::from([(0, 3)]));
    assignment.conclude(batch, Ok(verdict), now);
    let batch = assignment.next_batch(now + Duration::from_secs(1), WALL).expect("the rest");
    assert_eq!(ranges(&batch), [(0, 3, 10)], "only what remains, and all of it");
}

#[test]
fn naming_items_leads_to_them_alone() {
    let a = topic_partition("a", 0);
    let mut assignment = owning(std::slice::from_ref(&a), BISECTING);
    let mut now = Instant::now();
    fill(&mut assignment, &a, 0..10, now);
    let mut given_up = Vec::new();
    while let Some(batch) = assignment.next_batch(now, WALL) {
        let (first, next) = batch.slices[0].range();
        let lowest = [0, 4, 9].into_iter().find(|bad| (first..next).contains(bad));
        let verdict = match lowest {
            Some(offset) => Verdict::GivenBack(BTreeMap::from([(0, offset)])),
            None => Verdict::Settled,
        };
        given_up.extend(assignment.conclude(batch, Ok(verdict), now).given_up);
        now += Duration::from_secs(60);
    }
    let partitions: Vec<_> = given_up.into_iter().flat_map(|it| it.partitions).collect();
    assert_eq!(partitions, [(0, 0, 0), (0, 4, 4), (0, 9, 9)], "and no record beside them");
    assert_eq!(assignment.uncommitted(), [(a, 1, 10)]);
}

#[test]
fn the_parts_of_a_batch_keep_their_order_when_partitions_leave() {
    let now = Instant::now();
    let partitions = [topic_partition("a", 0), topic_partition("a", 1)];
    let mut assignment = owning(&partitions, BISECTING);
    fill(&mut assignment, &partitions[0], 0..4, now);
    fill(&mut assignment, &partitions[1], 0..4, now);
    let later = now + LIMITS.window;
    let batch = assignment.next_batch(later, WALL).expect("a batch");
    assignment.conclude(batch, Err("no".into()), later);
    // The first half is partition 0, the second partition 1: it waits for the first.
    assignment.revoke(&partitions[..1]);
    assert!(assignment.get(&partitions[0]).is_some_and(|partition| !partition.busy));
    let batch = assignment.next_batch(later + Duration::from_secs(1), WALL).expect("the rest");
    assert_eq!(ranges(&batch), [(1, 0, 4)]);
    assert!(assignment.get(&partitions[1]).is_some_and(|partition| partition.busy));
}

#[test]
fn what_has_a_destination_is_settled_once_it_has_arrived() {
    let (now, a) = (Instant::now(), topic_partition("a", 0));
    let error_controls = ErrorControls { retries: Some(0), disposal: Disposal::Sent, ..ENDLESS };
    let mut assignment = owning(std::slice::from_ref(&a), error_controls);
    fill(&mut assignment, &a, 0..12, now);
    let batch = assignment.next_batch(now, WALL).expect("a batch");
    let letters = assignment.conclude(batch, Err("no".into()), now).letters.expect("letters");
    let condition = letters.discarded.as_ref().map(|discard| discard.condition);
    assert_eq!(condition, Some(Condition::RetryAttemptsExhausted));
    assert_eq!(letters.slices[0].invocations, 1);
    let later = now + Duration::from_secs(1);
    assert!(assignment.next_batch(later, WALL).is_none(), "the partition waits");
    assert_eq!(assignment.uncommitted(), []);

    assignment.delivery_failed(letters, now);
    let again = assignment.next_batch(later, WALL).expect("the same letters");
    let letters = assignment.discard(again, later).letters.expect("the same letters");
    let given_up = assignment.delivered(letters, later).given_up.expect("the destination has them");
    assert_eq!((given_up.records, given_up.disposal), (10, Disposal::Sent));
    assert_eq!(assignment.uncommitted(), [(a.clone(), 1, 10)]);

    let rest = assignment.next_batch(later, WALL).expect("the partition goes on");
    let letters = assignment.conclude(rest, Err("no".into()), later).letters.expect("letters");
    let refused =
        assignment.delivery_refused(letters, "too large", later).given_up.expect("given up");
    assert_eq!((refused.disposal, refused.reason.as_str()), (Disposal::Kept, "no; too large"));
    assert!(assignment.get(&a).is_some_and(|partition| partition.stopped));
    assert_eq!(assignment.uncommitted(), [(a, 1, 10)], "nothing of it is lost");
}

#[test]
fn what_is_too_old_is_given_up_unsent() {
    let a = topic_partition("a", 0);
    let max_age = Some(Duration::from_secs(60));
    let error_controls = ErrorControls { max_age, disposal: Disposal::Skipped, ..ENDLESS };
    let mut assignment = owning(std::slice::from_ref(&a), error_controls);
    let records = (0..6).map(|offset| {
        let mut record = record("a", 0, offset);
        record.timestamp = if offset < 4 { WALL - 60_001 } else { WALL };
        record
    });
    assignment.receive(records.collect(), Instant::now());
    let (sent, given_up) = drive(&mut assignment, -1);
    assert_eq!(sent, [(4, 6)]);
    assert_eq!(given_up[0].partitions, [(0, 0, 3)]);
    assert_eq!(assignment.uncommitted(), [(a, 1, 6)]);
}

#[test]
fn what_a_filter_holds_back_is_settled_like_a_gap() {
    let (now, a) = (Instant::now(), topic_partition("a", 0));
    let filter = Filter::parse(r#"{"value":{"keep":[true]}}"#).expect("a filter");
    let goals = Goals::new(&BTreeMap::new(), [(a.clone(), 3)].into());
    let mut assignment = Assignment::new(LIMITS, ENDLESS, vec![filter], "b:9092".into(), goals);
    own(&mut assignment, std::slice::from_ref(&a));
    let records = ["true", "false", "null"].into_iter().zip(0..).map(|(keep, offset)| {
        let mut record = record("a", 0, offset);
        record.value = Some(format!(r#"{{"keep":{keep}}}"#).into());
        record
    });
    assignment.receive(records.collect(), now);
    let observe = |assignment: &mut Assignment| {
        assignment.get_mut(&a).expect("owned").note_position(Some(3), Some(3));
    };
    observe(&mut assignment);
    let batch = assignment.next_batch(now, WALL).expect("nothing more will come: no window");
    assert_eq!(ranges(&batch), [(0, 0, 1)]);
    assignment.conclude(batch, Ok(Verdict::Settled), now);
    observe(&mut assignment);
    assert_eq!(assignment.uncommitted(), [(a.clone(), 1, 3)]);
    assert_eq!(assignment.counters()[&a].filtered, 2);
}
