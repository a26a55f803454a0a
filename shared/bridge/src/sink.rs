//! The interface that every target implements, and what is handed over: batches of rows, and offsets.
//!
//! The rules that decide which rows are written stand in `deliver`.

pub mod batch;
pub mod position;
pub mod target;

pub use crate::connector::Connector;
pub use target::*; // OLD PATHS
