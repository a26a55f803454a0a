//! An event from its body to its outcome: table by table, attempt by attempt.
//!
//! Nothing is committed here: letters go first, and they are the runtime's part.

pub(crate) mod attempt;
pub(crate) mod infer_table;
pub(crate) mod marks;
pub(crate) mod one_table;
pub mod outcome;
pub mod pipeline;
pub(crate) mod queue;
pub mod waiting;
