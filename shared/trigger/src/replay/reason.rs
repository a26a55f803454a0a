//! The reason of letters, by which they are counted.

use super::letter::Letter;

/// What letters with the same reason have in common. A part that a letter does not have is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reason {
    /// The topic the record was read from.
    pub topic: String,
    /// Kafka Connect's name of the stage.
    pub stage: String,
    /// The table's column.
    pub column: String,
    /// The target's error code.
    pub code: String,
    /// The message, or the condition of Lambda's envelope.
    pub text: String,
}

impl Reason {
    pub(super) fn of(letter: &Letter) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let details = &letter.details;
        Self {
            topic: text(&letter.topic),
            stage: text(&details.stage),
            column: text(&details.column),
            code: text(&details.code),
            text: text(&details.reason),
        }
    }
}
