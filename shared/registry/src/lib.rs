//! Schema registries: ids in, schemas out. It asks Confluent's registry and those that answer like
//! it, Apicurio's own API for its global ids, and AWS Glue.
//!
//! For records, only calls that every registry answers alike are used, and their answers are told apart by status
//! and `error_code`, never by their words. What becomes of a record whose schema is not there is
//! decided in the bridge.
//!
//! Without the feature `client` only the options are known, and a program says at start that it cannot use them.

#[cfg(feature = "client")]
mod client;
mod names;
mod registry;
mod subject;
#[cfg(not(feature = "client"))]
mod without_client;

pub use names::OPTIONS;
pub use registry::SchemaRegistry;
pub use subject::{NewSchema, Registered, SubjectVersion};
