//! Letters for records that cannot be written: a letter has the reason and the record's original
//! bytes. It is sent to the dead-letter or the error-data topic, and acknowledged before anything
//! is committed. Some connectors write it into a table of their target instead.
//!
//! The bridge decides which records become letters; `sluice-kafka` knows how to reach Kafka.

mod destination;
mod letter;
mod post;
mod row;
mod table_letter;
mod topics;

pub use destination::Destination;
pub use letter::{Sender, letter};
pub use post::{Unsent, fitting, post};
pub use row::{Row, row_headers};
pub use table_letter::table_letter;
pub use topics::{DEAD_LETTER_TOPIC, ERROR_DATA_TOPIC, OPTIONS, Topics};
