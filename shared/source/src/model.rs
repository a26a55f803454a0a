//! How far a table has been read: positions, stored offsets, pages, and what may still commit below a bound.

pub mod drain;
pub mod offset;
pub mod page;
pub mod position;
