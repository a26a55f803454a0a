//! Any sequence of outcomes, with any error handling controls, compared with a simple model.

use proptest::prelude::*;

use super::*;

/// What happens to the oldest batch in flight, or to the assignment.
#[derive(Debug, Clone)]
enum Step {
    /// Records of a partition, with the age of each in seconds.
    Receive(i32, Vec<u8>),
    Settle,
    Fail,
    GiveBack(Vec<usize>),
    Commit,
}

fn step() -> impl Strategy<Value = Step> {
    let ages = proptest::collection::vec(prop_oneof![3 => 0..100_u8, 1 => 100..255_u8], 1..8);
    prop_oneof![
        3 => (0..3, ages).prop_map(|(partition, ages)| Step::Receive(partition, ages)),
        2 => Just(Step::Settle),
        2 => Just(Step::Fail),
        2 => proptest::collection::vec(0..10_usize, 1..4).prop_map(Step::GiveBack),
        1 => Just(Step::Commit),
    ]
}

fn error_controls() -> impl Strategy<Value = ErrorControls> {
    let retries = proptest::option::of(0..3_u32);
    let max_age = proptest::option::of(Just(Duration::from_secs(100)));
    let disposal = prop_oneof![Just(Disposal::Skipped), Just(Disposal::Sent)];
    (retries, max_age, any::<bool>(), disposal).prop_map(|(retries, max_age, bisect, disposal)| {
        ErrorControls { retries, max_age, bisect, disposal }
    })
}

/// A simple model of the assignment.
#[derive(Default)]
struct Oracle {
    received: BTreeMap<i32, i64>,
    settled: BTreeMap<i32, i64>,
    /// Batches in an invocation, or being sent to the destination.
    sent: Vec<Batch>,
    given_up: u64,
}

impl Oracle {
    fn settle(&mut self, partition: i32, first: i64, next: i64) {
        let settled = self.settled.entry(partition).or_default();
        assert_eq!(*settled, first, "offsets of partition {partition} are settled in order, once");
        *settled = next;
    }

    fn send(&mut self, batch: Batch) {
        for (partition, first, _) in ranges(&batch) {
            let under_way = self.sent.iter().flat_map(ranges).any(|(other, ..)| other == partition);
            assert!(!under_way, "one batch of a partition at a time");
            let settled = self.settled.get(&partition).copied().unwrap_or(0);
            assert_eq!(first, settled, "nothing is left out");
        }
        self.sent.push(batch);
    }

    /// The function's answer for `batch`.
    fn answer(&mut self, batch: &Batch, step: &Step) -> Result<Verdict, String> {
        let mut lowest = BTreeMap::new();
        match step {
            Step::Fail => return Err("scripted failure".into()),
            Step::GiveBack(picks) => {
                for (slice, pick) in batch.slices.iter().zip(picks) {
                    let record = &slice.records[pick % slice.records.len()];
                    lowest.insert(slice.partition, record.offset);
                }
            }
            _ => {}
        }
        for (partition, first, next) in ranges(batch) {
            self.settle(partition, first, lowest.get(&partition).copied().unwrap_or(next));
        }
        Ok(if lowest.is_empty() { Verdict::Settled } else { Verdict::GivenBack(lowest) })
    }

    /// Applies `step` to the oldest batch in flight.
    fn carry_out(&mut self, assignment: &mut Assignment, step: &Step, now: Instant) {
        if self.sent.is_empty() {
            return;
        }
        let batch = self.sent.remove(0);
        let conclusion = match (batch.discarded.is_some(), step) {
            (false, step) => {
                let outcome = self.answer(&batch, step);
                assignment.conclude(batch, outcome, now)
            }
            (true, Step::Fail) => assignment.delivery_failed(batch, now),
            (true, _) => assignment.delivered(batch, now),
        };
        self.book(conclusion);
    }

    fn book(&mut self, conclusion: Conclusion) {
        for (partition, first, last) in conclusion.given_up.into_iter().flat_map(|it| it.partitions)
        {
            self.settle(partition, first, last + 1);
            self.given_up += (last + 1 - first) as u64;
        }
        if let Some(letters) = conclusion.letters {
            self.send(letters);
        }
    }

    fn dispatch(&mut self, assignment: &mut Assignment, now: Instant) {
        while let Some(batch) = assignment.next_batch(now, WALL) {
            if batch.discarded.is_some() {
                let conclusion = assignment.discard(batch, now);
                self.book(conclusion);
            } else {
                self.send(batch);
            }
        }
    }
}

fn receive(assignment: &mut Assignment, partition: i32, from: i64, ages: &[u8], now: Instant) {
    let record = |(offset, age): (i64, &u8)| {
        let mut record = record("a", partition, offset);
        record.timestamp = WALL - i64::from(*age) * 1000;
        record
    };
    assignment.receive((from..).zip(ages).map(record).collect(), now);
}

proptest! {
    #[test]
    fn every_offset_is_settled_once_in_order_and_committed_after(
        error_controls in error_controls(),
        steps in proptest::collection::vec(step(), 1..80),
    ) {
        let partitions: Vec<TopicPartition> = (0..3).map(|partition| topic_partition("a", partition)).collect();
        let mut assignment = owning(&partitions, error_controls);
        let mut oracle = Oracle::default();
        let mut now = Instant::now();
        for step in steps.into_iter().chain(vec![Step::Settle; 1000]) {
            now += Duration::from_secs(11);
            match &step {
                Step::Receive(partition, ages) => {
                    let from = oracle.received.entry(*partition).or_default();
                    receive(&mut assignment, *partition, *from, ages, now);
                    *from += ages.len() as i64;
                }
                Step::Commit => assignment.confirm(&assignment.uncommitted()),
                step => oracle.carry_out(&mut assignment, step, now),
            }
            oracle.dispatch(&mut assignment, now);
            for topic_partition in &partitions {
                let position = oracle.received.get(&topic_partition.partition).copied().unwrap_or(0);
                assignment.get_mut(topic_partition).expect("owned").note_position(Some(position), None);
            }
            for (topic_partition, _, offset) in assignment.uncommitted() {
                let settled = oracle.settled.get(&topic_partition.partition).copied().unwrap_or(0);
                prop_assert_eq!(offset, settled, "only what is settled is committed");
            }
        }
        oracle.settled.retain(|_, settled| *settled > 0);
        prop_assert_eq!(&oracle.settled, &oracle.received);
        let counted = |count: fn(&Counters) -> u64| -> u64 {
            assignment.counters().values().map(count).sum()
        };
        let received: i64 = oracle.received.values().sum();
        prop_assert_eq!(counted(|it| it.records + it.given_up), received as u64);
        prop_assert_eq!(counted(|it| it.given_up), oracle.given_up);
        let sent = if error_controls.disposal == Disposal::Sent { oracle.given_up } else { 0 };
        prop_assert_eq!(counted(|it| it.sent), sent);
    }
}
