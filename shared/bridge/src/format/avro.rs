//! Avro: a schema becomes a plan once, and the plan turns payloads into JSON and declared types.
//! The writer's schema is all that is needed: the columns of the table are the reader.
//!
//! Format: "Apache Avro Specification" 1.12, both encodings. Aliases and defaults belong to
//! readers. Nothing here knows a frame or a registry.

mod cells;
mod choice;
mod compile;
mod declare;
mod json;
mod logical;
mod members;
mod parse;
pub(crate) mod plan;
mod scalars;
mod walk;
