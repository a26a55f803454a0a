//! Lambda's Kafka event: its body becomes records. It is read only as far as needed.
//!
//! What a record's bytes mean is not known here.

pub mod incoming;
pub mod reader;
pub mod record;

pub use reader::{Event, NotAnEvent};
