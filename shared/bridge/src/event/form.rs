//! The form of an event.

use crate::options::encoding::Encoding;

/// Whose event a body is. The platform decides it; a body is never guessed at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EventForm {
    /// That of Lambda's event source mapping.
    #[default]
    Lambda,
    /// That of Function Compute's trigger for ApsaraMQ for Kafka.
    FunctionCompute {
        /// How a record's key is written.
        key: Encoding,
        /// How a record's value is written.
        value: Encoding,
    },
}
