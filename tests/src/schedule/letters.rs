//! What must hold of letters: each bad record has at least one, in its own topic, byte for byte
//! with its reason; no other record has any; and there are no more of one than invocations came to
//! nothing. A record that only the database refuses may have none where a later one of its key
//! covers it, as the connector's README says of upserts. A child whose parent does not come in time is
//! a bad one.

use std::collections::{BTreeMap, BTreeSet};

use crate::database::target::Target;
use crate::kafka::letter::Letter;
use crate::schedule::evidence::Evidence;
use crate::schedule::fault::Fault;
use crate::schedule::records::{Fate, Kind, Planned};
use crate::schedule::{Mode, Schedule};

pub(crate) fn judge(schedule: &Schedule, evidence: &Evidence) -> Vec<String> {
    let mut findings = Vec::new();
    let mut times: BTreeMap<i64, usize> = BTreeMap::new();
    for (letters, refused) in [(&evidence.dead, false), (&evidence.errors, true)] {
        for letter in letters {
            match record_of(schedule, evidence, letter) {
                Some(record) => {
                    *times.entry(record.n).or_default() += 1;
                    let wrong = wrong(schedule, record, letter, refused);
                    findings.extend(wrong.map(|wrong| format!("{wrong}: {record:?}, {letter:?}")));
                }
                None => findings.push(format!("a letter of no record: {letter:?}")),
            }
        }
    }
    let most = most(schedule, evidence);
    for record in schedule.records.iter().filter(|record| is_bad(schedule, record)) {
        match times.get(&record.n) {
            None if may_be_covered(schedule, record) || evidence.may_be_lost(schedule, record) => {}
            None => findings.push(format!("a letter is missing: {record:?}")),
            Some(times) if *times > most => {
                findings.push(format!("{times} letters, {most} at most: {record:?}"));
            }
            Some(_) => {}
        }
    }
    findings
}

/// What only the database refuses is never asked of it where a later record of the same key, in
/// the same batch, is laid over it.
fn may_be_covered(schedule: &Schedule, record: &Planned) -> bool {
    let by_database = match record.kind {
        Kind::NotNull | Kind::Checked | Kind::Raised => true,
        // What characters a column has is between it and the server.
        Kind::Foreign => schedule.target == Target::Mariadb,
        _ => false,
    };
    let batch = record.offset + 1..record.offset + schedule.batch_size as i64;
    let covers = |later: &Planned| {
        (later.id, later.topic) == (record.id, record.topic)
            && schedule.is_of_the_first(later) == schedule.is_of_the_first(record)
            && batch.contains(&later.offset)
            && matches!(later.fate(schedule.mode), Fate::Put | Fate::Delete)
    };
    by_database && schedule.mode != Mode::Insert && schedule.records.iter().any(covers)
}

fn is_bad(schedule: &Schedule, record: &Planned) -> bool {
    matches!(record.fate(schedule.mode), Fate::Dead(_) | Fate::Refused)
}

/// A letter for the invocation that settles the record, one for each that may have come to
/// nothing after it was sent, and one for each time the records began anew.
fn most(schedule: &Schedule, evidence: &Evidence) -> usize {
    let failed = evidence.lines.iter().filter(|line| line["given_back"] != 0).count();
    let again = |fault: &Fault| fault.may_redeliver(schedule.target);
    let anew = usize::from(schedule.remade.is_some())
        + schedule.faults.iter().filter(|(_, fault)| again(fault)).count();
    1 + failed + evidence.processes + anew
}

/// The record a letter says it is of.
pub(crate) fn record_of<'s>(
    schedule: &'s Schedule,
    evidence: &Evidence,
    letter: &Letter,
) -> Option<&'s Planned> {
    let (topic, partition, offset) = letter.origin();
    let topic = evidence.topics.iter().position(|known| known == topic)?;
    let place = (topic, partition.parse().ok()?, offset.parse().ok()?);
    let is_it = |record: &&Planned| (record.topic, record.partition, record.offset) == place;
    let is_of_then = |record: &&Planned| {
        letter.reason("__sluice.errors.timestamp") == record.timestamp().to_string()
    };
    // Of a topic that was made again two records have the same place, but not the same time.
    let found: Vec<&Planned> = schedule.records.iter().filter(is_it).collect();
    found.iter().copied().find(is_of_then).or_else(|| found.first().copied())
}

/// The numbers of the records that have letters.
pub(crate) fn lettered(schedule: &Schedule, evidence: &Evidence) -> BTreeSet<i64> {
    let letters = evidence.dead.iter().chain(&evidence.errors);
    letters.filter_map(|it| record_of(schedule, evidence, it)).map(|it| it.n).collect()
}

/// What is wrong with it.
pub(crate) fn wrong(
    schedule: &Schedule,
    record: &Planned,
    letter: &Letter,
    refused: bool,
) -> Option<&'static str> {
    let headers = record.headers();
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_deref())).collect();
    let (right_topic, stage) = match record.fate(schedule.mode) {
        Fate::Dead(stage) => (!refused, stage),
        Fate::Refused => (refused, "TASK_PUT"),
        Fate::Put if schedule.may_wait_in_vain(record) => (refused, "TASK_PUT"),
        Fate::Put | Fate::Delete | Fate::Filtered => return Some("a letter of a good record"),
    };
    let value = record.value();
    let timestamp = record.timestamp().to_string();
    [
        (right_topic, "the letter is in the wrong topic"),
        (letter.reason("__connect.errors.stage") == stage, "the wrong stage"),
        (letter.key.as_deref() == Some(record.key().as_bytes()), "another key"),
        (letter.value.as_deref() == value.as_deref().map(str::as_bytes), "another value"),
        (letter.reason("__sluice.errors.timestamp") == timestamp, "another time"),
        (letter.own_headers() == headers, "other headers"),
    ]
    .into_iter()
    .find_map(|(holds, otherwise)| (!holds).then_some(otherwise))
}
