//! The plan for moving a group. Nothing is committed here.

use krafka::Kafka;

use super::{Group, Standing, since};
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
        let wanted = |place: &&Standing| wanted(&place.topic, place.partition);
        let places: Vec<&Standing> = self.places.iter().filter(wanted).collect();
        let times = match target {
            Target::Timestamp(time) => {
                let named: Vec<_> =
                    places.iter().map(|at| (at.topic.as_str(), at.partition)).collect();
                since(kafka, &named, time).await?
            }
            _ => Default::default(),
        };
        let mut moves = Vec::new();
        for place in places {
            let found = times.get(&(place.topic.clone(), place.partition)).copied();
            let to = destination(place, target, found)?;
            if place.committed != Some(to) {
                let (topic, partition) = (place.topic.clone(), place.partition);
                moves.push(Move { topic, partition, from: place.committed, to });
            }
        }
        Ok(moves)
    }
}

/// The new offset of a partition; `found` is the offset of a timestamp, if there is such a record.
fn destination(place: &Standing, target: Target, found: Option<i64>) -> Result<i64, Error> {
    match target {
        Target::Earliest => Ok(place.start),
        Target::Latest => Ok(place.end),
        Target::Timestamp(_) => Ok(found.unwrap_or(place.end)),
        Target::Offset(offset) if (place.start..=place.end).contains(&offset) => Ok(offset),
        Target::Offset(offset) => Err(Error::Group(format!(
            "{}-{} holds offsets {} to {}: {offset} is outside this range, use an offset in it or its end",
            place.topic, place.partition, place.start, place.end
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::committed::Committed;

    fn place(committed: Option<i64>) -> Standing {
        let out_of_range =
            committed.and_then(|offset| Committed { offset, identity: None }.lost(None, (10, 30)));
        Standing { topic: "t".into(), partition: 0, committed, start: 10, end: 30, out_of_range }
    }

    #[test]
    fn a_target_is_an_offset_the_partition_has() {
        let place = place(None);
        let to = |target, found| destination(&place, target, found).ok();
        assert_eq!(to(Target::Earliest, None), Some(10));
        assert_eq!(to(Target::Latest, None), Some(30));
        assert_eq!(to(Target::Timestamp(5), Some(17)), Some(17));
        assert_eq!(to(Target::Timestamp(5), None), Some(30));
        let offsets = [9, 10, 30, 31].map(|offset| to(Target::Offset(offset), None));
        assert_eq!(offsets, [None, Some(10), Some(30), None]);
    }

    #[test]
    fn lag_is_what_can_still_be_read() {
        let lag = |committed| place(committed).lag();
        assert_eq!([None, Some(25), Some(30), Some(3), Some(40)].map(lag), [20, 5, 0, 20, 20]);
    }
}
