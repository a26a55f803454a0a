//! What every part needs: a database with orders, events of Lambda, a function as a process, a broker.

pub mod counter;
pub mod database;
pub mod event;
pub mod kafka;
pub mod lambda;
pub mod machine;
pub mod orders;
