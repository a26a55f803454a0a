//! The formats of keys and values: a payload is decoded as an independent reader decodes it, or is
//! refused.

pub mod auto;
pub mod avro;
pub mod declared;
pub mod framed;
pub mod json;
pub mod protobuf;
mod registered;
mod sent;
