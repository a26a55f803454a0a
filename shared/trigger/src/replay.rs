//! Letters back: read from their topics, put in the order of their records, and sent where these came
//! from, to another topic, or through a function.
//!
//! A letter counts as dealt with once all in-sync replicas have its record, or the function has
//! settled it, or its destination refuses it for good; only then the groups that keep how far the
//! replay has come move past it. A run that dies repeats what was under way, and loses nothing. How
//! letters look is in `letter`, which are meant in [`Filter`], their order in `index`, what is kept of
//! a replay in the record itself in `mark`, and how far it has come in `progress`.

use std::sync::Arc;

use krafka::Kafka;

use crate::error::Error;
use crate::group;
use crate::kafka::ends;
use crate::observer::Observer;

mod fetch;
mod filter;
mod index;
mod letter;
mod mark;
mod name;
mod order;
mod post;
mod progress;
mod reason;
mod report;
mod sort;
mod through;
mod window;
mod work;

pub use filter::Filter;
pub use name::group_name;
pub use order::{Replay, To};
pub use reason::Reason;
pub use report::{Left, Outcome, Report};
pub use sort::Obstacle;

use work::Work;

impl Replay {
    /// Reads every letter that is in the topics now and replays those that are meant, or without
    /// `execute` only counts them. Ends early, between letters, once `stop` holds; tells `tell` how
    /// far it is.
    ///
    /// # Errors
    ///
    /// If it cannot begin: a topic is missing, the group has members, the function does not start,
    /// the broker does not answer. What ends it later is [`Report::failure`].
    pub async fn run(
        &self,
        kafka: &Kafka,
        observer: Arc<dyn Observer>,
        stop: impl Fn() -> bool,
        tell: impl Fn(&Report),
    ) -> Result<Report, Error> {
        if let To::Topic(topic) = &self.to {
            if self.from.contains(topic) {
                return Err(Error::Group(format!(
                    "letters are read from topic {topic}: name another one to send them to"
                )));
            }
            ends::partitions(kafka, std::slice::from_ref(topic)).await?;
        }
        let group = group::look_up(kafka, &self.group, &self.from).await?;
        let mut work = Work::start(self, kafka, &group, observer).await?;
        let done = work.read_all(&group, stop, tell).await;
        Ok(work.close(done).await)
    }
}
