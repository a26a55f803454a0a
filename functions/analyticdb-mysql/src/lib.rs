//! Kafka into MySQL, MariaDB or AnalyticDB for MySQL: everything that knows this target.

mod catalog;
mod column;
mod config;
mod connect;
mod definition;
mod each;
mod encode;
mod fault;
mod flight;
mod key;
mod literal;
mod login;
mod parameter;
mod portion;
mod position;
mod profile;
mod session;
mod shape;
mod sink;
mod statement;
mod tls;
mod url;
mod waiting;
mod writing;
mod zone;

pub use sink::MySqlSink;
