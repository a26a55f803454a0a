//! Schema registries: ids in, schemas out. It asks Confluent's registry and those that answer like
//! it, Apicurio's own API for its global ids, and AWS Glue.
//!
//! For records, only calls that every registry answers alike are used, and their answers are told apart by status
//! and `error_code`, never by their words. What becomes of a record whose schema is not there is
//! decided in the bridge.

mod apicurio;
mod base;
mod client;
mod confluent;
mod glue;
mod login;
mod names;
mod options;
mod publish;
mod references;
mod registry;
mod schema;
mod servers;
mod service;

pub use names::OPTIONS;
pub use publish::{NewSchema, Registered, SubjectVersion};
pub use registry::SchemaRegistry;
