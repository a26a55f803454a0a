//! Processes an event from its body to its outcome, table by table and attempt by attempt.
//!
//! Nothing is committed here: the runtime sends letters first.

pub(crate) mod again;
pub(crate) mod attempt;
pub(crate) mod infer_table;
pub(crate) mod learned;
pub(crate) mod marks;
pub(crate) mod one_table;
pub mod outcome;
pub mod pipeline;
pub mod portion;
pub(crate) mod queue;
pub mod survey;
pub mod tries;
pub mod waiting;
pub(crate) mod wrong_registry;
