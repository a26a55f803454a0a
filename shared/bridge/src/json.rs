//! JSON text: a strict scanner that borrows from the text and builds no tree.
//!
//! What a value means is not decided here.

pub(crate) mod parts;
pub mod scanner;
pub mod string;
pub mod syntax;
pub mod value;
pub(crate) mod write;

pub use scanner::Scanner;
