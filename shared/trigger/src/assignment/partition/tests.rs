//! Lag, and changes of the consumer's position without a seek.

use super::*;
use crate::kafka::topic_partition::TopicPartition;

fn partition() -> Partition {
    let topic_partition = TopicPartition { topic: "t".into(), partition: 0 };
    Partition::new(
        1,
        None,
        &PartitionStart { topic_partition, topic_id: None, from: 100, end: 250, lost: None },
    )
}

#[test]
fn lag_is_everything_that_is_not_settled() {
    let mut partition = partition();
    assert_eq!(partition.lag(), 150);
    for offset in 100..250 {
        let record = ConsumerRecord::new("t", 0, offset, None, None);
        partition.receive(record, Instant::now());
    }
    partition.note_position(Some(250), Some(250));
    let taken = partition.take(50, usize::MAX, true);
    assert_eq!((taken.len(), partition.lag()), (50, 150), "read ahead is not settled");
    partition.note_end(300);
    partition.note_end(200);
    assert_eq!(partition.lag(), 200, "the end moves while nothing is read");
    partition.settle(150);
    assert_eq!(partition.lag(), 150);
}

#[test]
fn the_consumer_does_not_move_unseen() {
    let partition = partition();
    let jump = |reached, start| partition.detect_jump(reached, start);
    assert_eq!([jump(100, Some(100)), jump(100, Some(20)), jump(100, None)], [Jump::None; 3]);
    // Gaps from compaction and transactions.
    assert_eq!(jump(120, Some(20)), Jump::None);
    assert_eq!(jump(120, Some(120)), Jump::Over { next: 100, start: 120 });
    assert_eq!(jump(125, Some(120)), Jump::Over { next: 100, start: 120 });
    assert_eq!(jump(90, Some(20)), Jump::Back { to: Some(90) });
    assert_eq!([jump(20, Some(20)), jump(0, None)], [Jump::Back { to: None }; 2]);
}
