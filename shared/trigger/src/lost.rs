//! Records that a topic's retention dropped before the group had read them.

use std::collections::HashMap;
use std::sync::{OnceLock, Weak};

use krafka::consumer::{Consumer, TopicPartition};

use crate::assignment::Place;
use crate::consumer::place;
use crate::observer::Lost;

/// What `ListOffsets` calls the beginning of the log.
const EARLIEST: i64 = -2;

/// What is gone of `partitions`, as far as the broker tells: to read on does not depend on it.
pub(crate) async fn look_up(
    consumer: &OnceLock<Weak<Consumer>>,
    partitions: &[TopicPartition],
) -> Vec<Lost> {
    let Some(consumer) = consumer.get().and_then(Weak::upgrade) else { return Vec::new() };
    let named: Vec<_> = partitions.iter().map(|it| (it.topic.as_str(), it.partition)).collect();
    let Ok(committed) = consumer.committed(&named).await else { return Vec::new() };
    let oldest = consumer.offsets_for_times(&named, EARLIEST).await;
    let oldest: HashMap<_, _> =
        oldest.into_iter().filter_map(|(place, offset)| Some((place, offset.ok()?))).collect();
    let lost = |partition: &TopicPartition| {
        let key = (partition.topic.clone(), partition.partition);
        between(place(partition), committed.get(&key)?.offset, *oldest.get(&key)?)
    };
    partitions.iter().filter_map(lost).collect()
}

/// What lies before the `oldest` offset of the log and was not `committed` yet.
fn between(place: Place, committed: i64, oldest: i64) -> Option<Lost> {
    let Place { topic, partition } = place;
    (0 <= committed && committed < oldest).then(|| Lost {
        topic,
        partition,
        first: committed,
        last: oldest - 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_ends_before_the_oldest_offset() {
        let told = |committed, oldest| {
            let place = Place { topic: "orders".into(), partition: 3 };
            between(place, committed, oldest).map(|lost| (lost.records(), lost.to_string()))
        };
        let gone = "orders partition 3: offsets 100 to 149 are gone: the topic's retention dropped \
                    them before they were read";
        assert_eq!(told(100, 150), Some((50, gone.to_owned())));
        assert_eq!([told(150, 150), told(151, 150), told(-1, 150)], [None, None, None]);
    }
}
