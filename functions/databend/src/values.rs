//! Values as they are written into a staged file, one JSON value for each. A value that its column would not store
//! without loss is refused here: the server rounds, cuts and clamps without saying so.
//!
//! Not here: the statement that reads the file (`wire`).

mod document;
pub(crate) mod encode;
mod key;
mod moment;
mod nested;
mod number;
mod text;
