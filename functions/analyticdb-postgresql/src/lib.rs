//! Kafka into PostgreSQL, or AnalyticDB for PostgreSQL: everything that knows this target.

mod array;
mod begin;
mod catalog;
mod column;
mod commit;
mod config;
mod copy;
mod definition;
mod encode;
mod fault;
mod key;
mod moment;
mod number;
mod position;
mod profile;
mod session;
mod sink;
mod stage;
mod statement;
mod tls;
mod url;

pub use sink::PostgresSink;
