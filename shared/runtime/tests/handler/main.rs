//! One invocation after the other through the handler, against a sink and a producer in
//! memory: what is durable when, what is answered, and what the log says of it.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod answer;
mod counts;
mod deadline;
mod letter_table;
mod letters;
mod log;
mod metrics;
mod order;
mod panic;
mod reload;
mod stand;
