//! The result of an attempt at an event.

use crate::deliver::delivery::Halt;
use crate::deliver::durable::Durable;
pub use crate::deliver::outcome::Outcome;
use crate::event::reader::NotAnEvent;
use crate::format::frame::SchemaId;
use crate::model::change::SchemaChange;
use crate::model::failure::{GivenBack, SinkError};
use crate::model::table::TableName;

/// The results of an attempt so far.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// What the sink commits, and what the configuration filters.
    pub(crate) outcome: Outcome,
    /// What is durable already, if the sink is durable at once; `None` for other sinks.
    pub(crate) durable: Option<Durable>,
}

/// Why an attempt was stopped.
pub(crate) struct Stop(pub(crate) Box<StopReason>);

/// What to do instead.
pub(crate) enum StopReason {
    GiveBack(GivenBack),
    /// Something must be created first.
    SchemaChange(SchemaChange),
    /// These schemas of a registry must be known first.
    Learn(Vec<SchemaId>),
    /// The rows of this table must be written in record order.
    Reorder(TableName),
}

impl Stop {
    /// Why the rows of a table were not delivered.
    pub(crate) fn halted(halt: Halt, table: &TableName) -> Self {
        match halt {
            Halt::GivenBack(given_back) => (*given_back).into(),
            Halt::OutOfOrder => Stop(Box::new(StopReason::Reorder(table.clone()))),
        }
    }
}

impl Stop {
    /// Records need schemas that are not known.
    pub(crate) fn unlearned(ids: Vec<SchemaId>) -> Self {
        Stop(Box::new(StopReason::Learn(ids)))
    }
}

impl From<GivenBack> for Stop {
    fn from(given_back: GivenBack) -> Self {
        Stop(Box::new(StopReason::GiveBack(given_back)))
    }
}

impl From<SinkError> for Stop {
    fn from(error: SinkError) -> Self {
        GivenBack::from(error).into()
    }
}

impl From<NotAnEvent> for Stop {
    fn from(wrong: NotAnEvent) -> Self {
        SinkError::from(wrong).into()
    }
}

impl From<SchemaChange> for Stop {
    fn from(missing: SchemaChange) -> Self {
        Stop(Box::new(StopReason::SchemaChange(missing)))
    }
}
