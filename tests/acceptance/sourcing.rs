//! The source's binary on a real database and a real broker: each row once for a reader of committed records, whatever
//! happens to an invocation, and an equal table behind our own sink.

mod checking;
mod commands;
mod cut;
mod failed;
mod hand;
mod once;
mod registered;
mod round;
mod stage;
mod tasks;
