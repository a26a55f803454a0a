//! A record's bytes become values, with their declared types where a schema tells them: JSON, Kafka
//! Connect's envelope, Debezium's change events.
//!
//! What stands behind this folder does not know the format. Columns are not known here.

pub(crate) mod convert;
pub(crate) mod debezium;
pub(crate) mod decode;
pub(crate) mod envelope;
pub(crate) mod logical;
pub(crate) mod mismatch;
pub(crate) mod refusal;
pub(crate) mod schema;
pub(crate) mod typed;
