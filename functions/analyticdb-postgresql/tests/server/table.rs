//! Tables as they are found: what the server fills in, odd names and shapes, and rows that the
//! table refuses.

mod ahead;
mod conflicts;
mod creation;
mod keys;
mod kinds;
mod large;
mod partitions;
mod refusals;
mod shapes;
mod values;
