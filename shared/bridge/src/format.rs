//! Decodes a record's bytes into values, with their declared types if there is a schema: JSON,
//! Kafka Connect's envelope, Debezium's change events, and what was written with a schema of a
//! registry.
//!
//! The code that uses the values does not know the format. Nothing here knows columns.

pub(crate) mod avro;
pub(crate) mod bit_text;
pub(crate) mod compiled;
pub(crate) mod convert;
pub(crate) mod debezium;
pub(crate) mod decode;
pub(crate) mod envelope;
pub mod fields;
pub mod frame;
pub(crate) mod framed;
pub(crate) mod json_pointer;
pub(crate) mod json_schema;
pub(crate) mod json_text;
pub(crate) mod logical;
pub(crate) mod members;
pub(crate) mod mismatch;
pub(crate) mod origin;
pub(crate) mod protobuf;
pub(crate) mod refusal;
pub mod registry;
pub(crate) mod schema;
pub(crate) mod schema_text;
pub(crate) mod slots;
pub mod survey;
pub(crate) mod typed;
pub(crate) mod undecodable;
pub(crate) mod wire;
