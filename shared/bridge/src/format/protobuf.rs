//! Protobuf: a schema becomes a plan once, and the plan turns payloads into JSON and declared types.
//!
//! Formats: "Encoding" and "Language Guide" on protobuf.dev, versions 2 and 3. The JSON is that of
//! "ProtoJSON Format" with the names of the schema, except that a duration is ISO 8601, 64 bits are
//! numbers, and nothing is lost. Nothing here knows a frame or a registry.

pub(crate) mod builtin;
mod cells;
mod compile;
mod declare;
pub(crate) mod fields;
pub(crate) mod file;
mod meaning;
mod members;
mod names;
mod next;
mod parts;
pub(crate) mod plan;
mod scalars;
mod scan;
mod seen;
mod special;
mod walk;
