//! The rules of Sluice, pure: decode → map → deliver. What a record is, how its fields find
//! their columns, how rows are batched, and what becomes of every single one of them.
//!
//! There is no socket here, no environment, no Lambda and no SQL; nothing names a target.

mod ahead;
pub mod batch;
pub mod calendar;
pub mod cell;
pub mod compare;
mod debezium;
mod decimal;
mod declared;
mod decode;
pub mod deliver;
pub mod design;
mod discover;
mod envelope;
pub mod event;
pub mod failure;
mod fields;
mod gather;
pub mod incoming;
mod isolate;
pub mod json;
mod key;
pub mod ledger;
mod logical;
pub mod mapper;
pub mod moment;
mod nested;
pub mod number;
pub mod octets;
pub mod options;
mod portions;
mod queue;
pub mod record;
mod refusal;
pub mod road;
pub mod route;
pub mod row;
pub mod rules;
mod schema;
pub mod sink;
pub mod source;
pub mod string;
pub mod syntax;
pub mod table;
pub mod unix;
pub mod value;
mod walk;
