//! The plan for moving a group. Nothing is committed here.

use krafka::Kafka;

use super::{Group, GroupPartition, offsets_of_time};
use crate::error::Error;

/// Where to move a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// To the oldest record.
    Earliest,
    /// To the end: all records are skipped.
    Latest,
    /// To the first record of this time or later, in milliseconds since 1970; to the end if there
    /// is no such record.
    Timestamp(i64),
    /// To this offset.
    Offset(i64),
}

/// The move of one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The committed offset before the move.
    pub from: Option<i64>,
    /// The committed offset after the move.
    pub to: i64,
}

impl Group {
    /// The moves of the partitions for which `wanted` holds to `target`. Partitions that are at the
    /// target already are left out.
    ///
    /// # Errors
    ///
    /// An offset is outside the range of a partition, or the broker does not answer.
    pub async fn plan(
        &self,
        kafka: &Kafka,
        target: Target,
        wanted: impl Fn(&str, i32) -> bool,
    ) -> Result<Vec<Move>, Error> {
        let wanted = |partition: &&GroupPartition| wanted(&partition.topic, partition.partition);
        let partitions: Vec<&GroupPartition> = self.partitions.iter().filter(wanted).collect();
        let times = match target {
            Target::Timestamp(time) => {
                let named: Vec<_> =
                    partitions.iter().map(|at| (at.topic.as_str(), at.partition)).collect();
                offsets_of_time(kafka, &named, time).await?
            }
            _ => Default::default(),
        };
        let mut moves = Vec::new();
        for partition in partitions {
            let found = times.get(&(partition.topic.clone(), partition.partition)).copied();
            let to = destination(partition, target, found)?;
            if partition.committed != Some(to) {
                let (topic, number) = (partition.topic.clone(), partition.partition);
                let from = partition.committed;
                moves.push(Move { topic, partition: number, from, to });
            }
        }
        Ok(moves)
    }
}

/// The new offset of a partition; `found` is the offset of a timestamp, if there is such a record.
fn destination(
    partition: &GroupPartition,
    target: Target,
    found: Option<i64>,
) -> Result<i64, Error> {
    match target {
        Target::Earliest => Ok(partition.start),
        Target::Latest => Ok(partition.end),
        Target::Timestamp(_) => Ok(found.unwrap_or(partition.end)),
        Target::Offset(offset) if (partition.start..=partition.end).contains(&offset) => Ok(offset),
        Target::Offset(offset) => Err(Error::Group(format!(
            "{}-{} holds offsets {} to {}: {offset} is outside this range, use an offset in it or its end",
            partition.topic, partition.partition, partition.start, partition.end
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::committed::Committed;

    fn partition(committed: Option<i64>) -> GroupPartition {
        let out_of_range =
            committed.and_then(|offset| Committed { offset, topic_id: None }.lost(None, (10, 30)));
        GroupPartition {
            topic: "t".into(),
            partition: 0,
            committed,
            start: 10,
            end: 30,
            out_of_range,
        }
    }

    #[test]
    fn a_target_is_an_offset_the_partition_has() {
        let partition = partition(None);
        let to = |target, found| destination(&partition, target, found).ok();
        assert_eq!(to(Target::Earliest, None), Some(10));
        assert_eq!(to(Target::Latest, None), Some(30));
        assert_eq!(to(Target::Timestamp(5), Some(17)), Some(17));
        assert_eq!(to(Target::Timestamp(5), None), Some(30));
        let offsets = [9, 10, 30, 31].map(|offset| to(Target::Offset(offset), None));
        assert_eq!(offsets, [None, Some(10), Some(30), None]);
    }

    #[test]
    fn lag_is_what_can_still_be_read() {
        let lag = |committed| partition(committed).lag();
        assert_eq!([None, Some(25), Some(30), Some(3), Some(40)].map(lag), [20, 5, 0, 20, 20]);
    }
}
