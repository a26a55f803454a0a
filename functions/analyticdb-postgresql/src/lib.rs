//! Writes Kafka records into PostgreSQL or AnalyticDB for PostgreSQL. Everything about these targets is in
//! this crate.
//!
//! Each folder uses only folders before it: `fault`, `types`, `values`, `connection`, `sql`, `catalog`,
//! `compare`, `write`, `sink`.

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
