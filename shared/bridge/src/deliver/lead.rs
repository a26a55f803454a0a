//! The rows that are sent to the target while later ones are still being mapped.

use std::collections::HashSet;

use crate::map::row_key::RowKey;
use crate::sink::batch::Group;

/// How far the streaming of rows has come.
#[derive(Debug, Default)]
pub(crate) enum Streaming<'e> {
    /// Streaming was not tried yet.
    #[default]
    Waiting,
    /// Rows were sent, and more may follow.
    Open(Lead<'e>),
    /// Rows were sent, and no more follow.
    Closed(Group),
    /// The rows are not streamed.
    Never,
}

/// The rows that were sent: the first ones of the table.
#[derive(Debug)]
pub(crate) struct Lead<'e> {
    pub(crate) group: Group,
    /// Their keys, where rows are found by key.
    pub(crate) keys: HashSet<RowKey<'e>>,
}

impl Streaming<'_> {
    /// The rows that were sent.
    pub(crate) fn into_group(self) -> Option<Group> {
        match self {
            Streaming::Open(Lead { group, .. }) | Streaming::Closed(group) => Some(group),
            Streaming::Waiting | Streaming::Never => None,
        }
    }
}
