//! Reports the progress of a run to its observer.

use std::time::{Duration, Instant};

use super::Run;
use crate::assignment::Assignment;
use crate::assignment::partition::Partition;
use crate::observer::histogram::Histogram;
use crate::observer::{PartitionProgress, PartitionState, Progress, Summary};

/// How often the progress is reported.
const REPORT_EVERY: Duration = Duration::from_millis(100);

impl Run {
    /// Reports the progress, at intervals.
    pub(super) fn report_progress(&mut self, now: Instant) {
        if self.reported_at.is_some_and(|at| now < at + REPORT_EVERY) {
            return;
        }
        self.reported_at = Some(now);
        self.count();
        let progress = of(&self.assignment, &self.summary, &self.durations);
        self.observer.progress(&Progress {
            up: self.starting == 0,
            functions_in_flight: self.tasks.len() - self.starting,
            topics_missing: self.watch.missing(),
            last_success: self.last_success,
            failing_since: self.failing_since,
            ..progress
        });
    }

    /// Updates the summary with the counts of the function and the assignment.
    fn count(&mut self) {
        let counts = self.function_counts.counts();
        self.summary.written = counts.written;
        self.summary.lettered = counts.lettered;
        self.summary.filtered = counts.filtered;
        self.summary.restarts = counts.restarts;
        let counters = self.assignment.counters().values();
        self.summary.filtered_out = counters.map(|counters| counters.filtered).sum();
    }
}

/// The progress of `assignment`, without what only the run knows.
fn of(assignment: &Assignment, summary: &Summary, durations: &Histogram) -> Progress {
    let state = |partition: &Partition| PartitionState {
        lag: partition.lag(),
        in_flight: partition.in_flight(),
        stopped: partition.stopped,
    };
    let counters = assignment.counters();
    let mut partitions: Vec<PartitionProgress> = assignment
        .partitions()
        .map(|(topic_partition, partition)| PartitionProgress {
            topic: topic_partition.topic.clone(),
            partition: topic_partition.partition,
            counters: counters.get(topic_partition).copied().unwrap_or_default(),
            state: Some(state(partition)),
        })
        .collect();
    // The counters stay when a partition is assigned to another member.
    let gone =
        counters.iter().filter(|(topic_partition, _)| assignment.get(topic_partition).is_none());
    partitions.extend(gone.map(|(topic_partition, counters)| PartitionProgress {
        topic: topic_partition.topic.clone(),
        partition: topic_partition.partition,
        counters: *counters,
        state: None,
    }));
    partitions.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
    Progress {
        summary: summary.clone(),
        lag: assignment.lag(),
        partitions,
        durations: durations.clone(),
        ..Progress::default()
    }
}
