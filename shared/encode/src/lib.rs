//! From JSON to the bytes of Avro, Protobuf and JSON Schema, as Confluent's clients write them: the
//! reverse of the decoders in the bridge.
//!
//! What is promised: the JSON that Sluice's decoders write for a value (`docs/formats.md`) becomes
//! that value again, and every digit, null and byte stays. What the schema cannot hold exactly is
//! refused with its place: a number with more digits than a double has, a fraction below the unit of
//! a timestamp, a member that the schema does not have, a value that fits two branches of a union.
//! Nothing is guessed and nothing is rounded.
//!
//! `apache-avro` and `prost-reflect` read the schemas. The values are written here, because those
//! libraries read JSON by way of floats of 64 bits. A refusal contains no value of a record. Here is
//! no registry, no topic, and no code that a function needs.

mod avro;
mod digits;
mod encoder;
mod json;
mod moment;
mod protobuf;
mod refusal;
mod wire;

pub use encoder::{Encoded, Encoder};
pub use refusal::Refusal;
