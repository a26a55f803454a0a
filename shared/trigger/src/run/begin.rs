//! The start offsets of assigned partitions. They are looked up in the background, so that a
//! partition without a leader does not delay the others.

use std::time::Duration;

use tokio::task::JoinError;

use super::Run;
use crate::assignment::begin::Begin;
use crate::error::Error;
use crate::kafka::place::Place;
use crate::observer::{Lost, Notice};
use crate::run::beginner::{Asked, Before, Begun};
use crate::time::retry;

/// The attempt at which a partition without a start offset is reported.
const REPORTED: u32 = 4;

impl Run {
    /// Looks up the start offsets of partitions, which are not read before that. A partition that
    /// was read until now comes with its last position.
    pub(super) fn begin(&mut self, places: Vec<(Place, Option<Before>)>) {
        let known = &self.watch.known;
        let asked = |(place, before): (Place, Option<Before>)| {
            let known = known.get(&place.topic).cloned();
            Asked { place, known, before }
        };
        let asked: Vec<Asked> = places.into_iter().map(asked).collect();
        self.turn += 1;
        self.awaiting.extend(asked.iter().map(|asked| (asked.place.clone(), self.turn)));
        self.ask(self.turn, asked, 1, Duration::ZERO);
    }

    fn ask(&mut self, turn: u64, asked: Vec<Asked>, attempt: u32, pause: Duration) {
        if asked.is_empty() {
            return;
        }
        let beginner = self.beginner.clone();
        self.begins.spawn(async move {
            tokio::time::sleep(pause).await;
            let found = beginner.find(&asked).await;
            Begun { turn, asked, attempt, found }
        });
    }

    /// Starts to read the partitions whose start offsets are known, and repeats the request for the
    /// others.
    pub(super) async fn begun(&mut self, begun: Result<Begun, JoinError>) -> Result<(), Error> {
        let Begun { turn, mut asked, attempt, found } =
            begun.map_err(|error| Error::Defect(error.to_string()))?;
        let (found, reason) = match found {
            Ok(found) => (found, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        for begin in found {
            if self.awaiting.get(&begin.place) == Some(&turn) {
                self.read_from(begin).await;
            }
        }
        asked.retain(|asked| self.awaiting.get(&asked.place) == Some(&turn));
        if let (Some(first), true) = (asked.first(), attempt == REPORTED) {
            let Place { topic, partition } = &first.place;
            let reason = reason.map_or("its leader does not answer".to_owned(), |e| e.to_string());
            let problem = format!(
                "{topic} partition {partition} and {} more are not read yet, because their start \
                 offset is not known: {reason}",
                asked.len() - 1
            );
            self.observer.notice(&Notice::Broker(problem));
        }
        self.ask(turn, asked, attempt + 1, retry::pause(attempt));
        Ok(())
    }

    async fn read_from(&mut self, begin: Begin) {
        let Place { topic, partition } = &begin.place;
        self.awaiting.remove(&begin.place);
        if self.consumer.seek(topic, *partition, begin.from).await.is_err() {
            // The partition was revoked in the meantime; the change will arrive soon.
            return;
        }
        self.assignment.begin(&begin);
        let stops = begin.lost.as_ref().is_some_and(|lost| lost.from.is_none());
        if let Some(lost) = begin.lost {
            self.lose(lost);
        }
        if let Some(owned) = self.assignment.get_mut(&begin.place) {
            owned.paused = stops;
        }
        if !stops {
            self.consumer.resume(topic, &[*partition]).await;
        }
    }

    /// Reports and counts an offset that the log does not have, and stops the partition if the
    /// settings say so.
    pub(super) fn lose(&mut self, lost: Lost) {
        let place = Place { topic: lost.topic.clone(), partition: lost.partition };
        if lost.from.is_none()
            && let Some(owned) = self.assignment.get_mut(&place)
        {
            owned.stop();
        }
        self.assignment.lose(&lost);
        self.summary.lost += lost.records();
        self.summary.out_of_range += 1;
        self.summary.passed_over |= lost.passes_records();
        self.observer.notice(&Notice::Lost(lost));
    }
}
