//! Decodes a record's bytes into values, with their declared types if there is a schema: JSON,
//! Kafka Connect's envelope, Debezium's change events.
//!
//! The code that uses the values does not know the format. Nothing here knows columns.

pub(crate) mod convert;
pub(crate) mod debezium;
pub(crate) mod decode;
pub(crate) mod envelope;
pub(crate) mod logical;
pub(crate) mod mismatch;
pub(crate) mod refusal;
pub(crate) mod schema;
pub(crate) mod typed;
