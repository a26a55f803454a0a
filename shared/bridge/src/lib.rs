//! The rules of Sluice.
pub mod options;
