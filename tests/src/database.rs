//! The databases past any function: where each is, sessions, and what is said to one otherwise than to another.

pub mod dialect;
pub mod refusal;
pub mod session;
pub mod target;
