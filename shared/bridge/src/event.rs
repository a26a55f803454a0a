//! The Kafka events of Lambda and of Function Compute: a body becomes records. It is read only as far as
//! needed.
//!
//! What a record's bytes mean is not known here.

mod base64;
pub mod form;
mod function_compute;
pub mod incoming;
pub mod reader;
pub mod record;

pub use form::EventForm;
pub use reader::{Event, NotAnEvent};
