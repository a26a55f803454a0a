//! The committed offsets of a group, and whether the log of a partition has them.

use std::collections::BTreeMap;

use krafka::admin::ListConsumerGroupOffsetsOptions;
use krafka::error::ErrorCode;
use krafka::{Kafka, KrafkaError};

use crate::kafka::lost_offset::LostReason;
use crate::kafka::topic_partition::TopicPartition;
use crate::kafka::topics::TopicId;

/// A committed offset.
#[derive(Debug, Clone)]
pub(crate) struct Committed {
    /// The next offset to read.
    pub(crate) offset: i64,
    /// The id of its topic, if a member of this program committed it.
    pub(crate) topic_id: Option<TopicId>,
}

impl Committed {
    /// Why the log does not have the offset, if it does not. The log belongs to the topic with this
    /// id; it has the offsets from `start` to `written`, records of open transactions included,
    /// because another tool may have moved the group to such a record.
    pub(crate) fn lost(
        &self,
        topic_id: Option<&TopicId>,
        (start, written): (i64, i64),
    ) -> Option<LostReason> {
        match (&self.topic_id, topic_id) {
            (Some(committed), Some(now)) if committed != now => Some(LostReason::TopicRecreated),
            _ if self.offset > written => Some(LostReason::BeyondEnd),
            _ if self.offset < start => Some(LostReason::Deleted),
            _ => None,
        }
    }
}

/// The committed offsets of the group; empty if the group does not exist.
pub(crate) async fn list(
    kafka: &Kafka,
    group: &str,
    options: ListConsumerGroupOffsetsOptions,
) -> Result<BTreeMap<TopicPartition, Committed>, KrafkaError> {
    let listed = match kafka.admin().list_consumer_group_offsets(group, options).await {
        Ok(listed) => listed,
        Err(KrafkaError::Broker { code: ErrorCode::GroupIdNotFound, .. }) => {
            return Ok(BTreeMap::new());
        }
        Err(error) => return Err(error),
    };
    let mut committed = BTreeMap::new();
    for (partition, found) in listed {
        let found = found?;
        let Some(offset) = found.offset else { continue };
        let topic_id = found.metadata.as_deref().and_then(TopicId::committed);
        committed.insert(TopicPartition::from(&partition), Committed { offset, topic_id });
    }
    Ok(committed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_held_against_the_log_and_the_topic() {
        let topic_id = |byte| TopicId::of([byte; 16]);
        let lost = |offset, before, now, log| {
            Committed { offset, topic_id: topic_id(before) }.lost(topic_id(now).as_ref(), log)
        };
        let log = (10, 35);
        assert_eq!([10, 30, 35].map(|offset| lost(offset, 1, 1, log)), [None, None, None]);
        assert_eq!(lost(9, 1, 1, log), Some(LostReason::Deleted));
        assert_eq!(lost(36, 1, 1, log), Some(LostReason::BeyondEnd));
        assert_eq!(lost(20, 1, 2, log), Some(LostReason::TopicRecreated));
        // Another client or an old broker committed it: only the log can be checked.
        assert_eq!([lost(20, 0, 2, log), lost(20, 1, 0, log)], [None, None]);
        assert_eq!(lost(36, 0, 2, log), Some(LostReason::BeyondEnd));
    }
}
