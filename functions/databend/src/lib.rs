//! Writes Kafka records into Databend over its HTTP API. Everything about this target is in this crate.
//!
//! Each folder uses only folders before it: `fault`, `types`, `values`, `endpoint`, `wire`, `catalog`, `compare`, `write`,
//! `sink`.

mod catalog;
mod compare;
mod endpoint;
mod fault;
mod sink;
mod types;
mod values;
mod wire;
mod write;

pub use sink::DatabendSink;
