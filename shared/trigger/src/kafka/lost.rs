//! An offset that the log does not hold: what happened, and where reading goes on.

use std::fmt;
use std::sync::Arc;

/// One partition whose next offset was none of the log's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// What happened to the offset.
    pub kind: LostKind,
    /// The offset: the one the group has committed, or the one to be read next.
    pub offset: i64,
    /// The oldest offset of the log.
    pub start: i64,
    /// The end of the log: the offset that the next record gets.
    pub end: i64,
    /// Where reading goes on; `None` if the partition stops.
    pub from: Option<i64>,
}

/// Why the log does not hold an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostKind {
    /// The topic's retention, or somebody, has deleted the records before they were read.
    Dropped,
    /// The log ends before it.
    Beyond,
    /// The topic was deleted and created again; the offset belongs to the one before.
    Remade,
    /// The log was cut back while it was read.
    Cut,
}

impl Lost {
    /// How many records were deleted unread, at most: in a topic that is compacted not each offset
    /// need have been a record. 0 where that is not known.
    #[must_use]
    pub fn records(&self) -> u64 {
        match self.kind {
            LostKind::Dropped => u64::try_from(self.start - self.offset).unwrap_or(0),
            LostKind::Beyond | LostKind::Remade | LostKind::Cut => 0,
        }
    }

    /// Whether the log holds records that are not read although the group may never have read them.
    #[must_use]
    pub fn passes_records(&self) -> bool {
        match self.from {
            None => true,
            // What lies before the cut was read.
            Some(from) => self.kind != LostKind::Cut && from > self.start,
        }
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, partition, kind, offset, start, end, from } = self;
        write!(f, "{topic} partition {partition}: ")?;
        match kind {
            LostKind::Dropped => write!(
                f,
                "offsets {offset} to {} are gone: the topic's retention dropped them before they \
                 were read",
                start - 1
            ),
            LostKind::Beyond => {
                write!(f, "the group's offset {offset} lies beyond the end of the log")
            }
            LostKind::Remade => write!(
                f,
                "the topic was deleted and created again, and the group's offset {offset} belongs \
                 to the topic before"
            ),
            LostKind::Cut => {
                write!(f, "the log was cut back behind offset {offset}, which was read next")
            }
        }?;
        match end - start {
            0 => write!(f, "; the log is empty and goes on at offset {end}")?,
            _ => write!(f, "; the log holds offsets {start} to {}", end - 1)?,
        }
        match from {
            Some(from) => write!(f, "; reading goes on at offset {from}"),
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
            Lost { topic, partition: 3, kind, offset, start: 150, end: 181, from }
        };
        let gone = lost(LostKind::Dropped, 100, Some(150));
        let says = "orders partition 3: offsets 100 to 149 are gone: the topic's retention dropped \
                    them before they were read; the log holds offsets 150 to 180; reading goes on \
                    at offset 150";
        assert_eq!((gone.records(), gone.to_string()), (50, says.to_owned()));
        assert!(!gone.passes_records());

        let beyond = lost(LostKind::Beyond, 1000, None);
        let says = "orders partition 3: the group's offset 1000 lies beyond the end of the log; \
                    the log holds offsets 150 to 180; the partition stops \
                    (on-offset-out-of-range=stop): set its offset with `sluice offsets reset`";
        assert_eq!((beyond.records(), beyond.to_string()), (0, says.to_owned()));
        let [stopped, skipped, all] = [None, Some(181), Some(150)]
            .map(|from| lost(LostKind::Beyond, 1000, from).passes_records());
        assert_eq!([stopped, skipped, all], [true, true, false]);

        let empty = Lost { start: 0, end: 0, ..lost(LostKind::Remade, 7, Some(0)) };
        assert!(empty.to_string().contains("the log is empty and goes on at offset 0"), "{empty}");
    }
}
