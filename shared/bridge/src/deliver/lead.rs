//! The rows that set out for the target ahead of the others of their table.

use std::collections::HashSet;

use crate::map::row_key::Key;
use crate::sink::batch::Group;

/// How far it has come.
#[derive(Debug, Default)]
pub(crate) enum Ahead<'e> {
    /// Nothing was tried yet.
    #[default]
    Waiting,
    /// Rows are on their way, and more may follow.
    Open(Vanguard<'e>),
    /// No more rows set out; those that did wait for their end.
    Closed(Group),
    /// The rows go no such way.
    Never,
}

/// The rows on their way: the first of all.
#[derive(Debug)]
pub(crate) struct Vanguard<'e> {
    pub(crate) group: Group,
    /// Their keys, where rows are found by key.
    pub(crate) keys: HashSet<Key<'e>>,
}

impl Ahead<'_> {
    /// The rows that set out.
    pub(crate) fn into_group(self) -> Option<Group> {
        match self {
            Ahead::Open(Vanguard { group, .. }) | Ahead::Closed(group) => Some(group),
            Ahead::Waiting | Ahead::Never => None,
        }
    }
}
