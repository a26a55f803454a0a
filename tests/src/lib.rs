//! The harness of the acceptance tests: the built binaries, a pipeline of their own for every test,
//! what came out at its end, and a proxy where a wire has to misbehave.
//!
//! Nothing here knows the inside of what it tests: binaries are run, servers are asked.

pub mod database;
pub mod extension;
pub mod kafka;
pub mod pipeline;
pub mod run;
pub mod schedule;
pub mod services;
pub mod signal;
pub mod storm;
pub mod wire;
