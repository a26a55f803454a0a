//! The bytes of the protocol: messages in protobuf, and inside them rows in PlainBuffer, or points in FlatBuffers.
//!
//! The source of every number here is the official Python SDK (`tablestore` 6.4.8, Apache-2.0): its
//! `table_store.proto`, `timeseries.proto` and `timeseries.fbs`, and its package `plainbuffer`. `tests/vectors` holds bytes that this SDK wrote, and the
//! tests here compare ours with them. Not here: what a cell of a record becomes (`values`), and how a request
//! is sent (`endpoint`).

pub(crate) mod batch;
mod crc8;
pub(crate) mod message;
pub(crate) mod plain_buffer;
pub(crate) mod points;
pub(crate) mod series;

#[cfg(test)]
mod tests;
