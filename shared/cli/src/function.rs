//! The function's binary as the commands deal with it: what it is asked, and what it is told by its
//! environment.
//!
//! No connector is known here: a function knows its options itself.

pub(crate) mod ask;
pub(crate) mod platform;
pub(crate) mod told;
