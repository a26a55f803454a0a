//! What must hold whatever happened.
//!
//! - *Nothing is lost.* Upsert: the table is what the records of each partition make of it in
//!   their order, tombstones included where they delete. Insert: every good record has a row.
//! - *Nothing is made up or bent.* No other row, no other value.
//! - *Nothing is doubled without need.* Insert: a record has one row, unless the schedule holds a
//!   fault after which nobody can tell what was settled ([`Schedule::may_redeliver`]); with
//!   offsets kept in the database it has one whatever happens.
//! - *Nothing is halved.* Insert: the rows of one transaction are, of each partition, all good
//!   records from its first to its last.
//! - *Order.* Insert: transactions take up a partition where the last one left it, again unless
//!   records came twice.
//! - *Offsets*: kept in the database, they have reached the end of every partition.
//! - *Letters*: see [`letters`].
//! - *The books balance.* In every log line; over all of them every record is settled, and exactly
//!   once where nothing came twice; what a line says is written stands in the table as one
//!   transaction.

use std::collections::{BTreeMap, BTreeSet};

use crate::schedule::evidence::{Evidence, Stored};
use crate::schedule::letters;
use crate::schedule::records::{Fate, Kind, Planned};
use crate::schedule::{Mode, Schedule};

/// More findings than this say nothing more.
const MOST: usize = 20;

/// What is not as it must be; nothing, if all is well.
#[must_use]
pub fn judge(schedule: &Schedule, evidence: &Evidence) -> Vec<String> {
    let mut findings = match schedule.mode {
        Mode::Insert => inserted(schedule, evidence),
        Mode::Upsert | Mode::UpsertAndDelete => upserted(schedule, &evidence.rows),
    };
    findings.extend(letters::judge(schedule, evidence));
    findings.extend(books(schedule, evidence));
    findings.extend(offsets(schedule, evidence));
    findings.truncate(MOST);
    findings
}

fn upserted(schedule: &Schedule, rows: &[Stored]) -> Vec<String> {
    let mut expected: BTreeMap<i32, Stored> = BTreeMap::new();
    for record in &schedule.records {
        match record.fate(schedule.mode) {
            Fate::Put => {
                let earlier = expected.remove(&record.id).and_then(|row| row.pad);
                let row = row_of(record);
                let pad = row.pad.or(earlier);
                expected.insert(record.id, Stored { pad, ..row });
            }
            Fate::Delete => _ = expected.remove(&record.id),
            Fate::Filtered | Fate::Dead(_) | Fate::Refused => {}
        }
    }
    let found: BTreeMap<i32, &Stored> = rows.iter().map(|row| (row.id, row)).collect();
    let keys: BTreeSet<i32> = expected.keys().chain(found.keys()).copied().collect();
    let wrong = |id: &i32| expected.get(id) != found.get(id).copied();
    keys.iter()
        .filter(|id| wrong(id))
        .map(|id| format!("key {id}: {:?} instead of {:?}", found.get(id), expected.get(id)))
        .collect()
}

/// The row a good record becomes.
fn row_of(record: &Planned) -> Stored {
    let padded = record.kind == Kind::Good { padded: true };
    let pad = padded.then(|| record.padding());
    Stored { id: record.id, n: record.n, pad, transaction: 0 }
}

fn inserted(schedule: &Schedule, evidence: &Evidence) -> Vec<String> {
    let once = schedule.exactly_once || !schedule.may_redeliver();
    let mut findings = Vec::new();
    let mut times: BTreeMap<i64, usize> = BTreeMap::new();
    for row in &evidence.rows {
        *times.entry(row.n).or_default() += 1;
        let record = usize::try_from(row.n).ok().and_then(|n| schedule.records.get(n));
        let good = record.filter(|record| record.fate(schedule.mode) == Fate::Put);
        if good.map(row_of) != Some(Stored { transaction: 0, ..row.clone() }) {
            findings.push(format!("a row of no record: {row:?}"));
        }
    }
    for record in good(schedule) {
        match times.get(&record.n) {
            None => findings.push(format!("a row is missing: {record:?}")),
            Some(2..) if once => findings.push(format!("{} rows of {record:?}", times[&record.n])),
            Some(_) => {}
        }
    }
    findings.extend(transactions(schedule, evidence, once));
    findings
}

fn good(schedule: &Schedule) -> impl Iterator<Item = &Planned> {
    schedule.records.iter().filter(|record| record.fate(schedule.mode) == Fate::Put)
}

/// Whole transactions, in order, each with its log line.
fn transactions(schedule: &Schedule, evidence: &Evidence, once: bool) -> Vec<String> {
    let mut findings = Vec::new();
    let mut by_number: BTreeMap<i64, Vec<&Stored>> = BTreeMap::new();
    for row in &evidence.rows {
        by_number.entry(row.transaction).or_default().push(row);
    }
    let mut left: BTreeMap<i64, usize> = BTreeMap::new();
    for rows in by_number.values() {
        *left.entry(rows.len() as i64).or_default() += 1;
    }
    for written in evidence.lines.iter().filter_map(|line| line["written"].as_i64()) {
        match left.get_mut(&written) {
            _ if written == 0 => {}
            Some(count) if *count > 0 => *count -= 1,
            _ => findings.push(format!("a line says {written} are written, no transaction has")),
        }
    }
    let unsaid: usize = left.values().sum();
    let unclear = evidence.lines.iter().filter(|line| line["given_back"] != 0).count();
    if (once && !schedule.exactly_once && unsaid > 0) || unsaid > unclear + evidence.processes {
        findings.push(format!("{unsaid} transactions of which no line tells"));
    }
    for partition in 0..schedule.partitions {
        findings.extend(whole(schedule, &by_number, partition));
        findings.extend(once.then(|| in_order(schedule, &evidence.rows, partition)).flatten());
    }
    findings
}

/// That no transaction has a hole in its run of a partition's records.
fn whole(
    schedule: &Schedule,
    by_number: &BTreeMap<i64, Vec<&Stored>>,
    partition: i32,
) -> Vec<String> {
    let all: Vec<i64> = good(schedule)
        .filter(|record| record.partition == partition)
        .map(|record| record.n)
        .collect();
    let mut findings = Vec::new();
    for (transaction, rows) in by_number {
        let ours = |row: &&&Stored| row.id % schedule.partitions == partition;
        let mut held: Vec<i64> = rows.iter().filter(ours).map(|row| row.n).collect();
        held.sort_unstable();
        let (Some(first), Some(last)) = (held.first(), held.last()) else { continue };
        let run = all.iter().filter(|n| (first..=last).contains(n));
        if !run.eq(&held) {
            findings.push(format!("transaction {transaction} is not whole: {held:?}"));
        }
    }
    findings
}

/// That transactions follow one another in a partition.
fn in_order(schedule: &Schedule, rows: &[Stored], partition: i32) -> Option<String> {
    let mut highest: BTreeMap<i64, i64> = BTreeMap::new();
    let mut order: Vec<i64> = Vec::new();
    for row in rows.iter().filter(|row| row.id % schedule.partitions == partition) {
        if !highest.contains_key(&row.transaction) {
            order.push(row.transaction);
        }
        let known = highest.entry(row.transaction).or_insert(row.n);
        *known = row.n.max(*known);
    }
    let ends: Vec<i64> = order.iter().map(|transaction| highest[transaction]).collect();
    (!ends.is_sorted()).then(|| format!("partition {partition} out of order: {ends:?}"))
}

fn books(schedule: &Schedule, evidence: &Evidence) -> Vec<String> {
    let mut findings = Vec::new();
    for line in &evidence.lines {
        let number = |name: &str| line[name].as_i64().unwrap_or(-1);
        let [written, lettered, filtered, given_back] =
            ["written", "lettered", "filtered", "given_back"].map(number);
        if written + lettered + filtered + given_back != number("received") {
            findings.push(format!("a line does not balance: {line}"));
        }
    }
    let settled = evidence.sum("received") - evidence.sum("given_back");
    let all = schedule.records.len() as i64;
    if settled < all || (settled > all && !schedule.may_redeliver()) {
        findings.push(format!("the lines settle {settled} records of {all}"));
    }
    let cries =
        evidence.words.iter().filter(|word| word.contains("panicked") || word.contains("bug"));
    findings.extend(cries.map(|word| format!("the function said: {word}")));
    findings
}

fn offsets(schedule: &Schedule, evidence: &Evidence) -> Option<String> {
    let ends = (0..).zip(schedule.ends()).filter(|(_, end)| *end > 0);
    let ends: Vec<(i32, i64)> = ends.collect();
    let wrong = schedule.exactly_once && evidence.reached != ends;
    wrong.then(|| format!("offsets reached: {:?} instead of {ends:?}", evidence.reached))
}
