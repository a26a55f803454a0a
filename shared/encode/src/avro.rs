//! Avro's binary encoding ("Binary Encoding" in the specification). The values are those of the
//! decoders' JSON; a value of a union may also be named as in Avro's own JSON encoding.

mod defaults;
mod logical;
mod schema;
mod union;
mod value;

pub(crate) use schema::AvroSchema;
