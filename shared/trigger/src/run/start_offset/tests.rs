//! Which partitions are new.

use super::*;

#[test]
fn a_partition_is_new_if_it_was_not_there_when_the_run_began() {
    let topic_id = |byte| TopicId::of([byte; 16]);
    let is_new = |partition, known, now: u8| {
        let topic_partition = TopicPartition { topic: "orders".into(), partition };
        let request = StartRequest { topic_partition, known, before: None };
        request.is_new(topic_id(now).as_ref())
    };
    let known = |byte| Some(Topic { topic_id: topic_id(byte), partitions: 4 });
    assert!(is_new(0, None, 1) && is_new(4, known(1), 1) && is_new(0, known(1), 2));
    assert!(!is_new(3, known(1), 1) && !is_new(3, known(0), 1) && !is_new(3, known(1), 0));
}
