//! Replays letters: reads them from their topics, sorts them in the order of their records, and
//! sends the records to their source topics, to another topic, or through a function.
//!
//! A letter is done once all in-sync replicas have its record, or the function has settled it, or
//! its destination refuses it for good. Only then are offsets after it committed. A run that ends
//! early repeats the letters that were in flight, and loses none. `letter` reads letters,
//! [`LetterFilter`] selects them, `index` has their order, `mark` the headers that count replays,
//! and `progress` the committed offsets of a replay.

use std::sync::Arc;

use krafka::Kafka;

use crate::error::Error;
use crate::group;
use crate::kafka::ends;
use crate::observer::Observer;

mod fetch;
mod filter;
mod function_sender;
mod index;
mod letter;
mod mark;
mod name;
mod newest;
mod progress;
mod reason;
mod report;
mod run;
mod select;
mod settings;
mod topic_sender;
mod window;

pub use filter::LetterFilter;
pub use name::group_name;
pub use newest::{LetterReason, NewestLetters, newest_letters};
pub use reason::Reason;
pub use report::{FunctionOutcome, RefusedLetter, ReplayReport};
pub use select::Obstacle;
pub use settings::{Replay, ReplayTarget};

use run::ReplayRun;

impl Replay {
    /// Reads all letters that are in the topics now, and replays the selected ones; without
    /// `execute` it only counts them. It ends early, between letters, once `stop` returns `true`,
    /// and reports its progress to `report_progress`.
    ///
    /// # Errors
    ///
    /// The replay cannot start: a topic is missing, the group has members, the function does not
    /// start, or the broker does not answer. A later error is in [`ReplayReport::failure`].
    pub async fn run(
        &self,
        kafka: &Kafka,
        observer: Arc<dyn Observer>,
        stop: impl Fn() -> bool,
        report_progress: impl Fn(&ReplayReport),
    ) -> Result<ReplayReport, Error> {
        if let ReplayTarget::Topic(topic) = &self.to {
            if self.from.contains(topic) {
                return Err(Error::Group(format!(
                    "letters are read from topic {topic}: name another topic with --to"
                )));
            }
            ends::partitions(kafka, std::slice::from_ref(topic)).await?;
        }
        let group = group::look_up(kafka, &self.group, &self.from).await?;
        let mut run = ReplayRun::start(self, kafka, &group, observer).await?;
        let done = run.read_all(&group, stop, report_progress).await;
        Ok(run.close(done).await)
    }
}
