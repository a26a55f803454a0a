//! What goes into a function and what comes back: a batch of records, Lambda's event, a batch that is
//! split, and what an answer says about the batch.
//!
//! Pure. Which records go into a batch, and when it is sent again, is the assignment's decision.

pub mod answer;
pub mod batch;
pub mod cloud_events;
mod json;
pub(crate) mod split;

pub use json::{envelope_size, record_size, size, slice_size, write};
