//! Values as texts, from which the server makes them again. A value that its column would not store without loss is
//! refused here: the server rounds, cuts and clamps without saying so.
//!
//! Not here: the statement that reads the texts (`wire`).

mod document;
pub(crate) mod encode;
mod key;
mod moment;
mod nested;
mod number;
pub(crate) mod text;
