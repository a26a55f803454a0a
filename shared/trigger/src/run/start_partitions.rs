//! The start offsets of assigned partitions. They are looked up in the background, so that a
//! partition without a leader does not delay the others.

use std::time::Duration;

use tokio::task::JoinError;

use super::Run;
use crate::assignment::start::PartitionStart;
use crate::error::Error;
use crate::kafka::topic_partition::TopicPartition;
use crate::observer::{LostOffset, Notice};
use crate::run::start_offset::{LastPosition, StartAnswer, StartRequest};
use crate::time::retry;

/// The attempt at which a partition without a start offset is reported.
const REPORTED: u32 = 4;

impl Run {
    /// Looks up the start offsets of partitions, which are not read before that. A partition that
    /// was read until now comes with its last position.
    pub(super) fn find_starts(&mut self, partitions: Vec<(TopicPartition, Option<LastPosition>)>) {
        let known = &self.watch.known;
        let request = |(topic_partition, before): (TopicPartition, Option<LastPosition>)| {
            let known = known.get(&topic_partition.topic).cloned();
            StartRequest { topic_partition, known, before }
        };
        let requests: Vec<StartRequest> = partitions.into_iter().map(request).collect();
        self.turn += 1;
        self.without_start
            .extend(requests.iter().map(|request| (request.topic_partition.clone(), self.turn)));
        self.request_starts(self.turn, requests, 1, Duration::ZERO);
    }

    fn request_starts(
        &mut self,
        turn: u64,
        requests: Vec<StartRequest>,
        attempt: u32,
        pause: Duration,
    ) {
        if requests.is_empty() {
            return;
        }
        let start_finder = self.start_finder.clone();
        self.start_requests.spawn(async move {
            tokio::time::sleep(pause).await;
            let found = start_finder.find(&requests).await;
            StartAnswer { turn, requests, attempt, found }
        });
    }

    /// Starts to read the partitions whose start offsets are known, and repeats the request for the
    /// others.
    pub(super) async fn start_partitions(
        &mut self,
        answer: Result<StartAnswer, JoinError>,
    ) -> Result<(), Error> {
        let StartAnswer { turn, mut requests, attempt, found } =
            answer.map_err(|error| Error::Defect(error.to_string()))?;
        let (found, reason) = match found {
            Ok(found) => (found, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        for start in found {
            if self.without_start.get(&start.topic_partition) == Some(&turn) {
                self.read_from(start).await;
            }
        }
        requests.retain(|request| self.without_start.get(&request.topic_partition) == Some(&turn));
        if let (Some(first), true) = (requests.first(), attempt == REPORTED) {
            let TopicPartition { topic, partition } = &first.topic_partition;
            let reason = reason.map_or("its leader does not answer".to_owned(), |e| e.to_string());
            let problem = format!(
                "{topic} partition {partition} and {} more are not read yet, because their start \
                 offset is not known: {reason}",
                requests.len() - 1
            );
            self.observer.notice(&Notice::Broker(problem));
        }
        self.request_starts(turn, requests, attempt + 1, retry::pause(attempt));
        Ok(())
    }

    async fn read_from(&mut self, start: PartitionStart) {
        let TopicPartition { topic, partition } = &start.topic_partition;
        self.without_start.remove(&start.topic_partition);
        if self.consumer.seek(topic, *partition, start.from).await.is_err() {
            // The partition was revoked in the meantime; the change will arrive soon.
            return;
        }
        self.assignment.assign(&start);
        let stops = start.lost.as_ref().is_some_and(|lost| lost.from.is_none());
        if let Some(lost) = start.lost {
            self.report_lost(lost);
        }
        if let Some(owned) = self.assignment.get_mut(&start.topic_partition) {
            owned.paused = stops;
        }
        if !stops {
            self.consumer.resume(topic, &[*partition]).await;
        }
    }

    /// Reports and counts an offset that the log does not have, and stops the partition if the
    /// settings say so.
    pub(super) fn report_lost(&mut self, lost: LostOffset) {
        let topic_partition =
            TopicPartition { topic: lost.topic.clone(), partition: lost.partition };
        if lost.from.is_none()
            && let Some(owned) = self.assignment.get_mut(&topic_partition)
        {
            owned.stop();
        }
        self.assignment.count_lost(&lost);
        self.summary.lost += lost.records();
        self.summary.out_of_range += 1;
        self.summary.passed_over |= lost.passes_records();
        self.observer.notice(&Notice::Lost(lost));
    }
}
