//! What a trigger hands to a function, and what becomes of a record that is not written.

pub mod function_compute;
pub mod lambda;
pub mod letter;
