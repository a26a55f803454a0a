//! What one invocation keeps from one call of the pipeline to the next: the retries so far, and what was found out
//! about the event. A new login begins with what was done before it.

use crate::run::learned::Learned;
use crate::run::portion::Portion;

/// The tries of one invocation.
#[derive(Debug, Default)]
pub struct Tries {
    /// How many retries there were.
    pub retries: u32,
    /// What earlier attempts have found out, and what is durable already.
    pub(crate) learned: Learned,
}

impl Tries {
    /// Tries that map and deliver this much of a table at a time.
    #[must_use]
    pub fn in_portions(portion: Portion) -> Self {
        Self { learned: Learned { portion, ..Learned::default() }, ..Self::default() }
    }
}
