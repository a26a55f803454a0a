//! The harness of the acceptance tests: the built binaries, a pipeline of their own for every test,
//! what came out at its end, and a proxy where a wire has to misbehave.
//!
//! Nothing here knows the inside of what it tests: binaries are run, servers are asked.

pub mod committed;
pub mod conditions;
pub mod dialect;
pub mod extension;
pub mod hold;
pub mod letter;
pub mod pipeline;
pub mod proxy;
pub mod refusal;
pub mod run;
pub mod schedule;
pub mod services;
pub mod session;
pub mod step;
pub mod storm;
pub mod target;
pub mod topic;
pub mod traffic;
