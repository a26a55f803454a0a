//! What triggers say of offsets that the log does not hold, and what must hold of that: what was
//! deleted before it was read is told and counted, and nothing else is.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::schedule::Schedule;
use crate::schedule::records::Planned;
use crate::schedule::taken::Taken;

/// What all triggers said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Offsets that were deleted before they were read: partition, first, last.
    pub gone: Vec<(i32, i64, i64)>,
    /// Partitions whose committed offset lay beyond the end of the log.
    pub beyond: BTreeSet<i32>,
    /// Partitions of a topic that was made again.
    pub remade: BTreeSet<i32>,
    /// Lines of another kind.
    pub other: Vec<String>,
    /// Summaries that do not count what their trigger said.
    pub miscounted: Vec<String>,
}

impl Told {
    /// Reads what each trigger logged.
    #[must_use]
    pub fn hear(logs: &[String]) -> Self {
        let mut told = Self::default();
        for log in logs {
            let before = told.gone.len();
            let times = log.lines().filter(|line| told.note(line)).count() as u64;
            let lost: i64 =
                told.gone[before..].iter().map(|(_, first, last)| last - first + 1).sum();
            // One that was killed has none.
            let summary = log.find("{\n").or_else(|| log.find("{\"")).map(|at| &log[at..]);
            let mut summaries = serde_json::Deserializer::from_str(summary.unwrap_or_default())
                .into_iter::<Value>();
            let Some(Ok(summary)) = summaries.next() else { continue };
            let counts = (summary["lost"].as_i64(), summary["out_of_range"].as_u64());
            if counts != (Some(lost), Some(times)) {
                told.miscounted.push(format!("{lost} lost in {times} times, and {summary}"));
            }
        }
        told
    }

    /// Whether a trigger said that the record was deleted before it was read.
    #[must_use]
    pub fn is_gone(&self, record: &Planned) -> bool {
        self.gone.iter().any(|(partition, first, last)| {
            *partition == record.partition && (first..=last).contains(&&record.offset)
        })
    }

    /// Notes a line, if it tells of an offset that the log does not hold.
    fn note(&mut self, line: &str) -> bool {
        let Some((_, place)) = line.split_once(" partition ") else { return false };
        let Some((partition, after)) = place.split_once(": ") else { return false };
        if !after.contains("; the log holds offsets ") && !after.contains("; the log is empty") {
            return false;
        }
        let partition = partition.parse().ok();
        match (partition, gone(after)) {
            (Some(partition), Some((first, last))) => self.gone.push((partition, first, last)),
            (Some(partition), None) if after.contains("beyond the end of the log") => {
                self.beyond.insert(partition);
            }
            (Some(partition), None) if after.starts_with("the topic was deleted and created") => {
                self.remade.insert(partition);
            }
            _ => self.other.push(line.to_owned()),
        }
        true
    }
}

/// "offsets 7 to 9 were deleted …"
fn gone(said: &str) -> Option<(i64, i64)> {
    let (range, _) = said.strip_prefix("offsets ")?.split_once(" were deleted")?;
    let (first, last) = range.split_once(" to ")?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

/// Only what happened is told, what had to be is, and the numbers are right.
pub(crate) fn judge(schedule: &Schedule, told: &Told, taken: &Taken) -> Vec<String> {
    let mut findings = told.miscounted.clone();
    findings.extend(told.other.iter().map(|line| format!("nothing like it happened: {line}")));
    for (partition, first, last) in &told.gone {
        if taken.deleted.get(partition).is_none_or(|deleted| last >= deleted) {
            findings.push(format!("offsets {first} to {last} of {partition} were not deleted"));
        }
    }
    if told.beyond != taken.beyond {
        let (told, set) = (&told.beyond, &taken.beyond);
        findings.push(format!("beyond the end are {set:?}, and told are {told:?}"));
    }
    if schedule.remade.is_none() && !told.remade.is_empty() {
        findings.push(format!("told to be made again: {:?}", told.remade));
    }
    findings
}
