//! The tables: what the service says of them, how one is made, and what is remembered of them.
//!
//! The service allows ten operations on tables in a second for a whole instance, so a table is described once
//! and remembered for a minute, or until an answer contradicts it. Columns besides the key have no description:
//! those that records have are remembered here, and the service never hears of them before they are written.

pub(crate) mod create;
pub(crate) mod describe;
pub(crate) mod known;
pub(crate) mod remembered;
pub(crate) mod series;

pub(crate) use describe::describe;
