//! Protobuf's encoding. The values are those of the decoders' JSON, which is that of "ProtoJSON
//! Format" with the names of the schema, except that a duration is ISO 8601 and numbers are numbers.
//! What ProtoJSON has instead is read too, where it means the same.

mod files;
mod known;
mod message;
mod scalars;
mod schema;

pub(crate) use schema::ProtobufSchema;
