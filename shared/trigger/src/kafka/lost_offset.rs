//! An offset that the log does not have: what happened, and where reading continues.

use std::fmt;
use std::sync::Arc;

/// A partition whose log does not have the next offset to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostOffset {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// What happened to the offset.
    pub kind: LostReason,
    /// The offset: the committed one, or the next one to read.
    pub offset: i64,
    /// The log's start offset.
    pub start: i64,
    /// The log's end offset: the offset of the next record that is written.
    pub end: i64,
    /// Where reading continues; `None` if the partition stops.
    pub from: Option<i64>,
}

/// Why the log does not have an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostReason {
    /// Records were deleted before they were read, by the topic's retention or by an administrator.
    Deleted,
    /// The log ends before the offset.
    BeyondEnd,
    /// The topic was deleted and created again; the offset belongs to the deleted topic.
    TopicRecreated,
    /// The log was truncated while it was read.
    Truncated,
}

impl LostOffset {
    /// The largest number of records that were deleted before they were read: in a compacted topic
    /// some offsets have no record. 0 if the number is not known.
    #[must_use]
    pub fn records(&self) -> u64 {
        match self.kind {
            LostReason::Deleted => u64::try_from(self.start - self.offset).unwrap_or(0),
            LostReason::BeyondEnd | LostReason::TopicRecreated | LostReason::Truncated => 0,
        }
    }

    /// Whether reading skips records of the log that the group may not have read.
    #[must_use]
    pub fn passes_records(&self) -> bool {
        match self.from {
            None => true,
            // Records before the truncation were read.
            Some(from) => self.kind != LostReason::Truncated && from > self.start,
        }
    }
}

impl fmt::Display for LostOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, partition, kind, offset, start, end, from } = self;
        write!(f, "{topic} partition {partition}: ")?;
        match kind {
            LostReason::Deleted => write!(
                f,
                "offsets {offset} to {} were deleted by the topic's retention before they were read",
                start - 1
            ),
            LostReason::BeyondEnd => {
                write!(f, "the group's offset {offset} is beyond the end of the log")
            }
            LostReason::TopicRecreated => write!(
                f,
                "the topic was deleted and created again, and the group's offset {offset} belongs \
                 to the deleted topic"
            ),
            LostReason::Truncated => {
                write!(f, "the log was truncated before offset {offset}, which is the next to read")
            }
        }?;
        match end - start {
            0 => write!(f, "; the log is empty and continues at offset {end}")?,
            _ => write!(f, "; the log holds offsets {start} to {}", end - 1)?,
        }
        match from {
            Some(from) => write!(f, "; reading continues at offset {from}"),
            None => f.write_str(
                "; the partition stops (on-offset-out-of-range=stop): set its offset with `sluice \
                 offsets reset`",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_the_offset_and_the_log() {
        let lost = |kind, offset, from| {
            let topic = "orders".into();
            LostOffset { topic, partition: 3, kind, offset, start: 150, end: 181, from }
        };
        let gone = lost(LostReason::Deleted, 100, Some(150));
        let says = "orders partition 3: offsets 100 to 149 were deleted by the topic's retention \
                    before they were read; the log holds offsets 150 to 180; reading continues at \
                    offset 150";
        assert_eq!((gone.records(), gone.to_string()), (50, says.to_owned()));
        assert!(!gone.passes_records());

        let beyond = lost(LostReason::BeyondEnd, 1000, None);
        let says = "orders partition 3: the group's offset 1000 is beyond the end of the log; \
                    the log holds offsets 150 to 180; the partition stops \
                    (on-offset-out-of-range=stop): set its offset with `sluice offsets reset`";
        assert_eq!((beyond.records(), beyond.to_string()), (0, says.to_owned()));
        let [stopped, skipped, all] = [None, Some(181), Some(150)]
            .map(|from| lost(LostReason::BeyondEnd, 1000, from).passes_records());
        assert_eq!([stopped, skipped, all], [true, true, false]);

        let empty = LostOffset { start: 0, end: 0, ..lost(LostReason::TopicRecreated, 7, Some(0)) };
        assert!(
            empty.to_string().contains("the log is empty and continues at offset 0"),
            "{empty}"
        );
    }
}
