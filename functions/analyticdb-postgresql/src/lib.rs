//! Kafka into PostgreSQL, or AnalyticDB for PostgreSQL: everything that knows this target.

mod array;
mod begin;
mod calendar;
mod catalog;
mod column;
mod commit;
mod config;
mod copy;
mod definition;
mod dimensions;
mod dry;
mod elements;
mod encode;
mod fault;
mod form;
mod hstore;
mod interval;
mod key;
mod literal;
mod moment;
mod network;
mod number;
mod point;
mod position;
mod profile;
mod session;
mod sink;
mod spell;
mod stage;
mod statement;
mod tls;
mod url;

pub use dry::DryRun;
pub use sink::PostgresSink;
