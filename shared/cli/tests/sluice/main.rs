//! The command from outside, on a real broker, with a function that misbehaves on demand.
//!
//! `TEST_KAFKA` names the broker; without it every test fails and says so.

mod commands;
mod controls;
mod endpoint;
mod groups;
mod health;
mod lost;
mod member;
mod process;
mod run;
mod stage;
mod topics;
mod trigger;
