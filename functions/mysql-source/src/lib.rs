//! Tables of MySQL and MariaDB into Kafka: everything that knows this database.
//!
//! Each folder uses only those before it: `fault`, `moment`, `session`, `record`, `catalog`, `select`, `plan`,
//! `late`, `source`.

mod catalog;
mod fault;
mod late;
mod moment;
mod plan;
mod record;
mod select;
mod session;
mod source;

pub use late::holder::{Acquisition, Holder};
pub use source::MySqlSource;
