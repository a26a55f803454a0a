//! Kafka into MySQL, MariaDB or AnalyticDB for MySQL: everything that knows this target.

mod column;
mod encode;
