//! What follows some schedules: the table takes what it refused before, and `sluice replay` brings
//! all letters back, while one trigger goes on.
//!
//! - *Order.* Behind the records of each partition stand those of its letters, each once, in their
//!   own order, byte for byte, with the mark of a replay; where the replay was killed, the second
//!   one begins no later than the first one ended.
//! - *The table* is what the records behind the old end make of the old table.
//! - *Letters.* What no table takes is lettered again, with the mark, and no replay without
//!   `--replayed 1` takes it a second time.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::database::target::Target;
use crate::kafka::letter::Letter;
use crate::schedule::evidence::Evidence;
use crate::schedule::laws::{self, State};
use crate::schedule::letters;
use crate::schedule::records::{Kind, Planned, RAISED};
use crate::schedule::{Mode, Schedule};

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Replayed {
    /// Key, number and text of the table's rows.
    pub rows: Vec<(i32, Option<i64>, Option<String>)>,
    /// What the source topic holds.
    pub source: Vec<Letter>,
    /// The topic for what cannot be decoded or mapped.
    pub dead: Vec<Letter>,
    /// The topic for what is refused.
    pub errors: Vec<Letter>,
    /// What a last replay told.
    pub last: Value,
}

/// A record that was replayed: which one it was, and its offset now.
type Again<'s> = (&'s Planned, i64);

/// What is not as it must be; `before` is what came of the schedule until then.
#[must_use]
pub fn judge(schedule: &Schedule, before: &Evidence, replayed: &Replayed) -> Vec<String> {
    let mut findings = Vec::new();
    let again = come_back(schedule, before, replayed, &mut findings);
    findings.extend(match schedule.mode {
        Mode::Insert => inserted(schedule, before, replayed, &again),
        Mode::Upsert | Mode::UpsertAndDelete => upserted(schedule, replayed, &again),
    });
    findings.extend(lettered_again(schedule, before, replayed, &again));
    findings.truncate(laws::MOST);
    findings
}

/// What stands behind the old ends, in order.
fn come_back<'s>(
    schedule: &'s Schedule,
    before: &Evidence,
    replayed: &Replayed,
    findings: &mut Vec<String>,
) -> Vec<Again<'s>> {
    let letters = before.dead.iter().chain(&before.errors);
    let lettered: BTreeSet<(i32, i64)> = letters
        .filter_map(|letter| letters::record_of(schedule, before, letter))
        .map(|record| (record.partition, record.offset))
        .collect();
    let mut again = Vec::new();
    for (partition, end) in (0..).zip(&schedule.ends()[0]) {
        let behind = replayed.source.iter();
        let behind = behind.filter(|it| it.partition == partition && it.offset >= *end);
        let mut order = Vec::new();
        for record in behind {
            match origin(schedule, before, partition, record) {
                Ok(planned) => {
                    order.push(planned.offset);
                    again.push((planned, record.offset));
                }
                Err(wrong) => findings.push(format!("{wrong}: {record:?}")),
            }
        }
        let wanted = lettered.range((partition, 0)..(partition + 1, 0));
        let wanted: Vec<i64> = wanted.map(|(_, offset)| *offset).collect();
        let interrupted =
            schedule.replay_phase.is_some_and(|replay_phase| replay_phase.killed_after.is_some());
        if !is_in_order(&order, &wanted, interrupted) {
            findings.push(format!("partition {partition}: {order:?} replayed, not {wanted:?}"));
        }
    }
    again
}

/// Everything, once; or what came before an interruption, and everything from there on, or from a
/// little before.
fn is_in_order(order: &[i64], wanted: &[i64], interrupted: bool) -> bool {
    if order == wanted {
        return true;
    }
    let turn = order.windows(2).position(|two| two[0] >= two[1]).map_or(0, |at| at + 1);
    let (first, second) = order.split_at(turn);
    let is_whole = order.len() >= wanted.len();
    interrupted && is_whole && wanted.starts_with(first) && wanted.ends_with(second)
}

/// The record that this one repeats.
fn origin<'s>(
    schedule: &'s Schedule,
    before: &Evidence,
    partition: i32,
    record: &Letter,
) -> Result<&'s Planned, &'static str> {
    let place = record.reason("__sluice.replayed.origin");
    let offset = place.strip_prefix(&format!("{}-{partition}@", before.topics[0]));
    let offset: Option<i64> = offset.and_then(|offset| offset.parse().ok());
    let is_it =
        |planned: &&Planned| planned.partition == partition && Some(planned.offset) == offset;
    let planned = schedule.records.iter().find(is_it).ok_or("a replay of no record")?;
    let headers = planned.headers();
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_deref())).collect();
    let (key, value) = (planned.key(), planned.value());
    let same = record.key.as_deref() == Some(key.as_bytes())
        && record.value.as_deref() == value.as_deref().map(str::as_bytes)
        && record.timestamp == planned.timestamp()
        && record.own_headers() == headers;
    match record.reason("__sluice.replayed.count") {
        _ if !same => Err("another record was replayed"),
        "1" => Ok(planned),
        _ => Err("not the mark of a first replay"),
    }
}

/// The row that a record becomes which the table refused before; `None` where no table takes it.
fn row_of(record: &Planned) -> Option<(Option<i64>, Option<String>)> {
    match record.kind {
        Kind::NotNull => Some((None, None)),
        Kind::Checked => Some((Some(-record.n - 1), None)),
        Kind::Raised => Some((Some(record.n), Some(RAISED.to_owned()))),
        _ => None,
    }
}

fn upserted(schedule: &Schedule, replayed: &Replayed, again: &[Again<'_>]) -> Vec<String> {
    let mut expected: BTreeMap<i32, (Option<i64>, Option<String>)> = BTreeMap::new();
    for ((_, id), states) in laws::states(schedule, |_| false) {
        let [state] = &states.into_iter().collect::<Vec<State>>()[..] else { continue };
        if let Some(row) = state {
            expected.insert(id, (Some(row.n), row.pad.clone()));
        }
    }
    for (record, _) in again {
        let Some((n, pad)) = row_of(record) else { continue };
        let earlier = expected.remove(&record.id).and_then(|(_, pad)| pad);
        expected.insert(record.id, (n, pad.or(earlier)));
    }
    let found = replayed.rows.iter().map(|(id, n, pad)| (*id, (*n, pad.clone())));
    let found: BTreeMap<i32, _> = found.collect();
    let keys: BTreeSet<&i32> = expected.keys().chain(found.keys()).collect();
    let wrong = keys.into_iter().filter(|id| expected.get(id) != found.get(id));
    wrong
        .map(|id| {
            let (found, expected) = (found.get(id), expected.get(id));
            format!("after the replay, key {id}: {found:?} instead of {expected:?}")
        })
        .collect()
}

fn inserted(
    schedule: &Schedule,
    before: &Evidence,
    replayed: &Replayed,
    again: &[Again<'_>],
) -> Vec<String> {
    let mut left: BTreeMap<(i32, Option<i64>, Option<String>), i64> = BTreeMap::new();
    for (id, n, pad) in &replayed.rows {
        *left.entry((*id, *n, pad.clone())).or_default() += 1;
    }
    let known = before.rows.iter().map(|row| (row.id, Some(row.n), row.pad.clone()));
    let new = again.iter().filter_map(|(record, _)| {
        let (n, pad) = row_of(record)?;
        Some((record.id, n, pad))
    });
    for row in known.chain(new) {
        *left.entry(row).or_default() -= 1;
    }
    let replay_phase = schedule.replay_phase.unwrap_or_else(|| unreachable!("it was replayed"));
    let may_double = replay_phase.struck_after.is_some() && !schedule.exactly_once;
    let wrong = left.iter().filter(|(_, times)| **times < 0 || (**times > 0 && !may_double));
    wrong.map(|(row, times)| format!("after the replay, {times} rows too many: {row:?}")).collect()
}

/// What no table takes has a letter again, and is not replayed by itself.
fn lettered_again(
    schedule: &Schedule,
    before: &Evidence,
    replayed: &Replayed,
    again: &[Again<'_>],
) -> Vec<String> {
    let mut findings = Vec::new();
    let mut lettered: BTreeSet<(i32, i64)> = BTreeSet::new();
    let new = replayed.dead.iter().skip(before.dead.len()).map(|letter| (letter, false));
    let refused = replayed.errors.iter().skip(before.errors.len()).map(|letter| (letter, true));
    for (letter, refused) in new.chain(refused) {
        let (_, partition, offset) = letter.origin();
        let found = again.iter().find(|(record, at)| {
            (record.partition.to_string().as_str(), at.to_string().as_str()) == (partition, offset)
        });
        let Some((record, at)) = found else {
            findings.push(format!("a letter of no replayed record: {letter:?}"));
            continue;
        };
        lettered.insert((record.partition, *at));
        let wrong = match row_of(record) {
            Some(_) => Some("a letter of a record that the table takes now"),
            None if letter.reason("__sluice.replayed.count") != "1" => Some("without the mark"),
            None => letters::wrong(schedule, record, letter, refused),
        };
        findings.extend(wrong.map(|wrong| format!("after the replay, {wrong}: {letter:?}")));
    }
    for (record, at) in again.iter().filter(|(record, _)| row_of(record).is_none()) {
        if !lettered.contains(&(record.partition, *at)) && !may_be_covered(schedule, again, record)
        {
            findings.push(format!("no letter again: {record:?} at {at}"));
        }
    }
    let told = |name: &str| replayed.last[name].as_u64();
    if told("replayed") != Some(0) || told("failed_again") != Some(lettered.len() as u64) {
        let (last, again) = (&replayed.last, lettered.len());
        findings.push(format!("the last replay tells {last}, of {again} that failed again"));
    }
    findings
}

/// Whether a replayed record of the same key may have been laid over it before the database saw it.
fn may_be_covered(schedule: &Schedule, again: &[Again<'_>], record: &Planned) -> bool {
    let by_database = record.kind == Kind::Foreign && schedule.target == Target::Mariadb;
    let covers = |other: &Planned| other.id == record.id && row_of(other).is_some();
    schedule.mode != Mode::Insert && by_database && again.iter().any(|(other, _)| covers(other))
}
