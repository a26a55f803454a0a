//! How far a run is, put together for whoever watches.

use crate::assignment::Assignment;
use crate::assignment::partition::Partition;
use crate::observer::Summary;
use crate::observer::histogram::Histogram;
use crate::observer::{PartitionProgress, Progress, Standing};

/// The progress of `assignment`, without what only the run knows.
pub(crate) fn of(assignment: &Assignment, summary: &Summary, durations: &Histogram) -> Progress {
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
    // What was counted stays counted when a partition has gone to another member.
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
