//! The rules of sources: which rows are new, which rows may still commit below a bound, where a page ends, and
//! which offset is reached.
//!
//! Nothing here opens a socket, reads the environment, or knows SQL or Kafka's protocol. A database is behind
//! [`source::Source`], Kafka behind [`journal::Journal`].

pub mod encoding;
pub mod error;
pub mod journal;
pub mod model;
pub mod options;
pub mod poll;
pub mod source;
