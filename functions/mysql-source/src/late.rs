//! Which sessions and transactions may still write below a bound, and when they have ended: the ways to find out.

pub(crate) mod barrier;
pub(crate) mod holder;
pub(crate) mod locks;
pub(crate) mod looks;
pub(crate) mod processes;
pub(crate) mod readers;
pub(crate) mod transactions;
pub(crate) mod way;
