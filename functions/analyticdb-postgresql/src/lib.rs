//! Kafka into PostgreSQL, or AnalyticDB for PostgreSQL: everything that knows this target.
//!
//! Each folder uses only those before it: `fault`, `types`, `values`, `connection`, `sql`, `catalog`, `compare`,
//! `write`, `sink`.

mod catalog;
mod compare;
mod connection;
mod fault;
mod sink;
mod sql;
mod types;
mod values;
mod write;

pub use sink::{EncodeOnly, PostgresSink};
