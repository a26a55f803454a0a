//! Several topics, each with a table of its own that refers to the one before it: a child may come long before its parent.

/// Several topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableChain {
    /// How many there are.
    pub generations: usize,
    /// `errors.retry.timeout`: -1 is for ever, and then every parent comes; else some children
    /// have none, and become letters.
    ///
    /// Where it is for ever, a child keeps its parent, and no later record of it is a delete or one
    /// that the database refuses: such a record would pass a refused one over, which is then waited
    /// for no longer than five seconds.
    pub patience: i64,
}

/// The column of a child.
pub(crate) const PARENT: &str = "parent";
/// What tables and topics are called after the pipeline's name.
pub(crate) const SUFFIXES: [&str; 3] = ["", "_child", "_grandchild"];

/// The topic, and table, of a generation on a pipeline.
#[must_use]
pub fn name_of(pipeline: &str, generation: usize) -> String {
    format!("{pipeline}{}", SUFFIXES[generation])
}
