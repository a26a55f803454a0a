//! The connector against real servers.

mod support;
mod types;
