//! The rules of Sluice, pure: decode → map → deliver. What a record is, how its fields find
//! their columns, how rows are batched, and what becomes of every single one of them.
//!
//! There is no socket here, no environment, no Lambda and no SQL; nothing names a target.

pub mod compare;
pub mod connector;
pub mod deliver;
pub mod event;
pub mod format;
pub mod json;
pub mod map;
pub mod model;
pub mod options;
pub mod run;
pub mod sink;
pub mod values;
