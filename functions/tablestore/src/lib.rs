//! Writes Kafka records into data tables or time-series tables of Alibaba Cloud Tablestore. Everything about this
//! target is in this crate.
//!
//! Each folder uses only folders before it: `wire`, `fault`, `types`, `values`, `endpoint`, `catalog`, `write`,
//! `sink`.

mod catalog;
mod endpoint;
mod fault;
mod sink;
mod types;
mod values;
mod wire;
mod write;

pub use sink::TablestoreSink;
