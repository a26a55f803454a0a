//! The committed offsets of a group, and whether the log of a partition has them.

use std::collections::BTreeMap;

use krafka::admin::ListConsumerGroupOffsetsOptions;
use krafka::error::ErrorCode;
use krafka::{Kafka, KrafkaError};

use crate::kafka::lost::LostKind;
use crate::kafka::place::{Place, place};
use crate::kafka::topics::Identity;

/// A committed offset.
#[derive(Debug, Clone)]
pub(crate) struct Committed {
    /// The next offset to read.
    pub(crate) offset: i64,
    /// The id of its topic, if a member of this program committed it.
    pub(crate) identity: Option<Identity>,
}

impl Committed {
    /// Why the log does not have the offset, if it does not. The log belongs to the topic with this
    /// id; it has the offsets from `start` to `written`, records of open transactions included,
    /// because another tool may have moved the group to such a record.
    pub(crate) fn lost(
        &self,
        identity: Option<&Identity>,
        (start, written): (i64, i64),
    ) -> Option<LostKind> {
        match (&self.identity, identity) {
            (Some(committed), Some(now)) if committed != now => Some(LostKind::Remade),
            _ if self.offset > written => Some(LostKind::Beyond),
            _ if self.offset < start => Some(LostKind::Dropped),
            _ => None,
        }
    }
}

/// The committed offsets of the group; empty if the group does not exist.
pub(crate) async fn list(
    kafka: &Kafka,
    group: &str,
    options: ListConsumerGroupOffsetsOptions,
) -> Result<BTreeMap<Place, Committed>, KrafkaError> {
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
        let identity = found.metadata.as_deref().and_then(Identity::committed);
        committed.insert(place(&partition), Committed { offset, identity });
    }
    Ok(committed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_held_against_the_log_and_the_topic() {
        let identity = |byte| Identity::of([byte; 16]);
        let lost = |offset, before, now, log| {
            Committed { offset, identity: identity(before) }.lost(identity(now).as_ref(), log)
        };
        let log = (10, 35);
        assert_eq!([10, 30, 35].map(|offset| lost(offset, 1, 1, log)), [None, None, None]);
        assert_eq!(lost(9, 1, 1, log), Some(LostKind::Dropped));
        assert_eq!(lost(36, 1, 1, log), Some(LostKind::Beyond));
        assert_eq!(lost(20, 1, 2, log), Some(LostKind::Remade));
        // Another client or an old broker committed it: only the log can be checked.
        assert_eq!([lost(20, 0, 2, log), lost(20, 1, 0, log)], [None, None]);
        assert_eq!(lost(36, 0, 2, log), Some(LostKind::Beyond));
    }
}
