//! Kafka into MySQL, MariaDB or AnalyticDB for MySQL: everything that knows this target.

mod column;
mod config;
mod connect;
mod encode;
mod login;
mod parameter;
mod profile;
mod tls;
mod url;
mod waiting;
