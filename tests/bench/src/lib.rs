//! The benchmark: the built binaries from outside and the road inside, every figure measured
//! beside what it is compared to. What was measured goes into `BENCHMARKS.md`.

pub mod bad;
pub mod chart;
pub mod counter;
pub mod database;
pub mod databend;
pub mod event;
pub mod figures;
pub mod formats;
pub mod growth;
pub mod hand;
pub mod kafka;
pub mod lambda;
pub mod machine;
pub mod median;
pub mod orders;
pub mod peers;
pub mod pure;
pub mod ratio;
pub mod report;
pub mod rival;
pub mod run;
pub mod source;
pub mod start;
pub mod tablestore;
pub mod topic;
pub mod words;
pub mod writing;
