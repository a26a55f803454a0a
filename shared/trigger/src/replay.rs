//! Replays letters: reads them from their topics, sorts them in the order of their records, and
//! sends the records to their source topics, to another topic, or through a function.
//!
//! A letter is done once all in-sync replicas have its record, or the function has settled it, or
//! its destination refuses it for good. Only then are offsets after it committed. A run that ends
//! early repeats the letters that were in flight, and loses none. `letter` reads letters,
//! [`Filter`] selects them, `index` has their order, `mark` the headers that count replays, and
//! `progress` the committed offsets of a replay.

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
    /// Reads all letters that are in the topics now, and replays the selected ones; without
    /// `execute` it only counts them. It ends early, between letters, once `stop` returns `true`,
    /// and reports its progress to `tell`.
    ///
    /// # Errors
    ///
    /// The replay cannot start: a topic is missing, the group has members, the function does not
    /// start, or the broker does not answer. A later error is in [`Report::failure`].
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
                    "letters are read from topic {topic}: name another topic with --to"
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
