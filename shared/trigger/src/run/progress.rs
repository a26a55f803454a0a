//! Reports the progress of a run to its observer.

use std::time::{Duration, Instant};

use super::Run;
use crate::assignment::Assignment;
use crate::assignment::partition::Partition;
use crate::observer::histogram::Histogram;
use crate::observer::{PartitionProgress, Progress, Standing, Summary};

/// How often the progress is reported.
const SHOW_EVERY: Duration = Duration::from_millis(100);

impl Run {
    /// Reports the progress, at intervals.
    pub(super) fn show(&mut self, now: Instant) {
        if self.shown_at.is_some_and(|at| now < at + SHOW_EVERY) {
            return;
        }
        self.shown_at = Some(now);
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
        let counts = self.tally.counts();
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
    let standing = |partition: &Partition| Standing {
        lag: partition.lag(),
        in_flight: partition.in_flight(),
        stopped: partition.stopped,
    };
    let counters = assignment.counters();
    let mut partitions: Vec<PartitionProgress> = assignment
        .partitions()
        .map(|(place, partition)| PartitionProgress {
            topic: place.topic.clone(),
            partition: place.partition,
            counters: counters.get(place).copied().unwrap_or_default(),
            standing: Some(standing(partition)),
        })
        .collect();
    // The counters stay when a partition is assigned to another member.
    let gone = counters.iter().filter(|(place, _)| assignment.get(place).is_none());
    partitions.extend(gone.map(|(place, counters)| PartitionProgress {
        topic: place.topic.clone(),
        partition: place.partition,
        counters: *counters,
        standing: None,
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
