//! Runs the command on a real broker, with a function that fails as the test needs it.
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
