//! The options that all sinks share, each one constant beside the code that reads it.
//!
//! The options of one connector are in its own crate.

pub mod encoding;
pub mod epoch;
pub mod formats;
pub mod letters;
pub mod mapping;
pub mod offsets;
pub(crate) mod placeholder;
pub mod reading;
pub mod retry;
pub mod role;
pub mod routes;
pub mod rules;
pub mod settings;

pub use settings::{Opt, PREFIX, Problems, Settings};
