//! What a person writes by hand for the same rows.

pub mod hand;
pub mod rival;
