//! Who may still write below a bound, and when they are gone: the ways to ask it.

pub(crate) mod barrier;
pub(crate) mod holder;
pub(crate) mod locks;
pub(crate) mod processes;
pub(crate) mod transactions;
pub(crate) mod way;
