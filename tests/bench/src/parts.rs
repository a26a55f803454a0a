//! The parts of the benchmark, one file for each.

pub mod bad;
pub mod databend;
pub mod formats;
pub mod growth;
pub mod peers;
pub mod pure;
pub mod source;
pub mod start;
pub mod tablestore;
pub mod topic;
pub mod writing;
