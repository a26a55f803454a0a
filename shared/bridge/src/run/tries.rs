//! What one invocation keeps from one call of the pipeline to the next: the retries so far, and what was found out
//! about the event. A new login begins with what was done before it.

use crate::run::attempt::Learned;

/// The tries of one invocation.
#[derive(Debug, Default)]
pub struct Tries {
    /// How many retries there were.
    pub retries: u32,
    /// What earlier attempts have found out, and what is durable already.
    pub(crate) learned: Learned,
}
