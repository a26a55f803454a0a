//! What goes wrong and when, told before it happens.

use sluice_bridge::failure::{Cause, Fault, SinkError};

/// A call of the [`Sink`](sluice_bridge::sink::Sink) trait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Whichever call comes.
    Any,
    /// `begin`
    Begin,
    /// `table`
    Table,
    /// `make`
    Make,
    /// `write`
    Write,
    /// `lock_positions` and `store_positions`
    Positions,
    /// `commit`
    Commit,
}

/// What happens at a call instead of what should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It is refused, and nothing is done.
    Refused(Fault),
    /// It is done, and the answer never arrives: the caller sees a transient fault.
    AnswerLost,
    /// It is not done and never answers.
    Hang,
    /// It is refused as a fault that passes, and the target asks to be left alone for so many milliseconds.
    RetryAfter(u32),
    /// Of a batch every so many-th row is not taken now, the first included; the others are.
    Postponed(usize),
}

/// How bad rows are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// The batch is refused, and the first bad row pointed out.
    Pointer,
    /// The batch is refused.
    Blind,
    /// Bad rows are named one by one, the others written.
    Rejected,
    /// The batch is refused, unless it is suspect: then bad rows are named one by one.
    Suspects,
}

/// Troubles to come, and how many calls there were.
#[derive(Debug, Default)]
pub(super) struct Script {
    troubles: Vec<(Method, usize, Trouble)>,
    calls: Vec<Method>,
}

impl Script {
    pub(super) fn add(&mut self, method: Method, nth: usize, trouble: Trouble) {
        self.troubles.push((method, nth, trouble));
    }

    pub(super) fn count(&self, method: Method) -> usize {
        self.calls.iter().filter(|call| method == Method::Any || **call == method).count()
    }

    /// Counts a call and says what is to happen to it.
    pub(super) fn next(&mut self, method: Method) -> Option<Trouble> {
        let due = |(of, nth, _): &&(Method, usize, Trouble)| {
            (*of == Method::Any || *of == method) && self.count(*of) == *nth
        };
        let trouble = self.troubles.iter().find(due).map(|(_, _, trouble)| *trouble);
        self.calls.push(method);
        trouble
    }
}

/// The error of a scripted refusal.
pub(super) fn refused(fault: Fault) -> SinkError {
    SinkError { fault, cause: Cause::new("scripted") }
}
