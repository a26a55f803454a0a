//! Letters for records that cannot be written: a letter has the reason and the record's original
//! bytes. It is sent to the dead-letter or the error-data topic, and acknowledged before anything
//! is committed.
//!
//! The bridge decides which records become letters; `sluice-kafka` knows how to reach Kafka.

mod letter;
mod post;
mod row;
mod topics;

pub use letter::{Sender, letter};
pub use post::{Unsent, fitting, post};
pub use row::{Row, row_headers};
pub use topics::{DEAD_LETTER_TOPIC, ERROR_DATA_TOPIC, OPTIONS, Topics};
