//! Kafka into PostgreSQL, or AnalyticDB for PostgreSQL: everything that knows this target.

mod array;
mod catalog;
mod column;
mod commit;
mod config;
mod copy;
mod dry;
mod encode;
mod fault;
mod key;
mod moment;
mod number;
mod sink;
mod stage;
mod statement;
mod tls;
mod url;

pub use dry::DryRun;
pub use sink::PostgresSink;
