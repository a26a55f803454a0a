//! Where reading of a partition starts. The run finds this out.

use crate::kafka::lost::Lost;
use crate::kafka::place::Place;
use crate::kafka::topics::Identity;

/// A partition and the offset at which reading starts.
#[derive(Debug)]
pub(crate) struct Begin {
    pub(crate) place: Place,
    pub(crate) identity: Option<Identity>,
    /// The first offset to read.
    pub(crate) from: i64,
    /// The end of the log: the last stable offset.
    pub(crate) end: i64,
    /// Set if the log does not have the group's offset.
    pub(crate) lost: Option<Lost>,
}
