//! The benchmark: the built binaries from outside and the internal path, every figure measured
//! beside what it is compared to. What was measured goes into `BENCHMARKS.md`.

pub mod parts;
pub mod results;
pub mod rivals;
pub mod run;
pub mod setting;
