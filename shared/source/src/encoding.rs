//! Records with a schema of a registry: what a field is, the text of its schema in Avro, Protobuf and JSON Schema as
//! Confluent's converters derive it from Kafka Connect's types, and the bytes of a value in Avro and Protobuf.
//!
//! A value goes from its cell into these bytes directly, not by way of JSON: no digit is read twice, and a function needs
//! no library that reads schemas. `sluice-encode` is for JSON that a person writes, with any schema.
//!
//! Not here: which field a column is, how a value of JSON is written, and the registry.

mod avro;
mod datum;
mod envelope;
mod field;
mod json_schema;
mod names;
mod protobuf;
mod record;
mod wire;

pub use datum::Datum;
pub use envelope::envelope;
pub use field::{Field, Kind};
pub use record::{Encoder, Part, Schema, frame, schema};
