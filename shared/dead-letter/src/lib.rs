//! What becomes of a record that cannot be written: a letter with its reason, its original
//! bytes untouched, in the dead-letter or the error-data topic, acknowledged before anything
//! is committed.
//!
//! Which records those are is decided in the bridge; how to reach Kafka, in `sluice-kafka`.

mod letter;
mod post;
mod topics;

pub use letter::{Sender, letter};
pub use post::{Unsent, post};
pub use topics::{DEAD_LETTER_TOPIC, ERROR_DATA_TOPIC, OPTIONS, Topics};
