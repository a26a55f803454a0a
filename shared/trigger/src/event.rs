//! A batch of records, Lambda's event, and what a function's answer says about the batch.
//!
//! Pure. The assignment decides which records go into a batch, and when it is sent again.

pub mod answer;
pub mod batch;
pub mod cloud_events;
mod json;
pub(crate) mod split;

pub use json::{envelope_size, record_size, size, slice_size, write};
