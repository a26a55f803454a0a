//! Kafka into MySQL, MariaDB or AnalyticDB for MySQL: everything that knows this target.

mod collation;
mod column;
mod encode;
mod form;
mod geometry;
mod key;
mod labels;
mod length;
mod moment;
mod number;
mod shape;
mod vector;
mod wkb;
mod wkt;
mod zone;
