//! Where a partition begins, as it was found out. Finding it out is the run's.

use crate::kafka::lost::Lost;
use crate::kafka::place::Place;
use crate::kafka::topics::Identity;

/// A partition, where it is read from, and what was found about it.
#[derive(Debug)]
pub(crate) struct Begin {
    pub(crate) place: Place,
    pub(crate) identity: Option<Identity>,
    /// The first offset to read.
    pub(crate) from: i64,
    /// The end of what can be read now.
    pub(crate) end: i64,
    /// The group's offset is none of the log's.
    pub(crate) lost: Option<Lost>,
}
