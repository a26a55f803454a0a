//! The rules of Sluice, pure: decode → map → deliver. What a record is, how its fields find
//! their columns, how rows are batched, and what becomes of every single one of them.
//!
//! There is no socket here, no environment, no Lambda and no SQL; nothing names a target.

pub mod compare;
pub mod connector;
pub mod deliver;
pub mod event;
mod format;
pub mod json;
pub mod map;
pub mod model;
pub mod options;
pub mod run;
pub mod sink;
pub mod values;

// OLD PATHS
pub use event::{incoming, record};
pub use json::{string, syntax, value};
pub use map::{mapper, row};
pub use model::{cell, change as design, failure, table};
pub use options::{mapping as source, reading, routes as route, rules};
pub mod road {
    pub use crate::run::outcome::Outcome;
    pub use crate::run::pipeline::*;
}
pub use sink::batch;
pub use values::{binary as octets, calendar, moment, number};
pub mod ledger {
    pub use crate::options::offsets::*;
    pub use crate::sink::position::*;
}
pub mod unix {
    pub use crate::options::epoch::*;
    pub use crate::values::epoch::*;
}
pub mod waiting {
    pub use crate::options::retry::*;
    pub use crate::run::waiting::*;
}
