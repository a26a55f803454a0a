//! What goes wrong and when, as a test says beforehand.

use sluice_bridge::model::failure::{Cause, Fault, SinkError};

/// A call of the [`Sink`](sluice_bridge::sink::Sink) trait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Any call.
    Any,
    /// `begin`
    Begin,
    /// `table`
    Table,
    /// `make`
    Make,
    /// `write`
    Write,
    /// `lock_offsets` and `store_offsets`
    Positions,
    /// `write_letters`
    Letters,
    /// `commit`
    Commit,
    /// `tidy`, which can only hang
    Tidy,
}

/// What happens at a call instead of success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It is refused, and nothing is done.
    Refused(Fault),
    /// It is done, and the answer never arrives: the caller sees a transient fault.
    AnswerLost,
    /// It is not done and never answers.
    Hang,
    /// It fails with a transient fault, and the target asks the client to wait this many
    /// milliseconds.
    RetryAfter(u32),
    /// Every n-th row of a batch is postponed, starting with the first; the others are written.
    Postponed(usize),
}

/// How bad rows are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// The batch is refused, and the first bad row is named.
    Pointer,
    /// The batch is refused.
    WithoutPointer,
    /// All bad rows are named, and the others are written.
    Rejected,
    /// The batch is refused, unless it is suspect: then all bad rows are named.
    Suspects,
}

/// The troubles of later calls, and the calls so far.
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

    /// Counts a call and returns what happens to it.
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
