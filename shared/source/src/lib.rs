//! The rules of sources: which rows are new, which rows may still commit below a bound, where a page ends, and
//! which offset is reached.
//!
//! Nothing here opens a socket, reads the environment, or knows SQL or Kafka's protocol. A database is behind
//! [`source::Source`], Kafka behind [`journal::Journal`].

mod absent;
pub mod columns;
pub mod drain;
pub mod encoding;
pub mod error;
mod extent;
pub mod foreign;
pub mod formats;
pub mod journal;
pub mod letter;
pub mod mode;
pub mod offset;
pub mod outcome;
mod pace;
pub mod page;
pub mod poll;
pub mod position;
mod sending;
pub mod source;
pub mod tables;
mod track;
pub mod turn;
