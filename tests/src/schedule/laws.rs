//! What must hold whatever happened.
//!
//! - *Nothing is lost* but what was deleted before it was read. Upsert: each table is what the records
//!   of each partition make of it in their order, tombstones included where they delete. Insert: every
//!   good record has a row. What was deleted unread, a trigger has told ([`told`]); what went with a
//!   topic had not been committed. Such a record may still have been settled.
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
//! - *Columns* are added for the keys of records that were written, and for no others.
//! - *The books balance.* In every log line; over all of them every record is settled, and exactly
//!   once where nothing came twice; what a line says is written stands in the table as one
//!   transaction.

use std::collections::{BTreeMap, BTreeSet};

use crate::schedule::evidence::{Evidence, Stored};
use crate::schedule::records::{Fate, Kind, Planned};
use crate::schedule::{Mode, Schedule};
use crate::schedule::{evolve, letters, told};

/// What a key may have come to: its row, or none.
pub(crate) type State = Option<Stored>;

/// More findings than this say nothing more.
pub(crate) const MOST: usize = 20;

/// What is not as it must be; nothing, if all is well.
#[must_use]
pub fn judge(schedule: &Schedule, evidence: &Evidence) -> Vec<String> {
    let mut findings = match schedule.mode {
        Mode::Insert => inserted(schedule, evidence),
        Mode::Upsert | Mode::UpsertAndDelete => upserted(schedule, evidence),
    };
    findings.extend(letters::judge(schedule, evidence));
    findings.extend(books(schedule, evidence));
    findings.extend(offsets(schedule, evidence));
    findings.extend(told::judge(schedule, &evidence.told, &evidence.taken));
    findings.extend(columns(schedule, evidence));
    findings.truncate(MOST);
    findings
}

fn upserted(schedule: &Schedule, evidence: &Evidence) -> Vec<String> {
    let lettered = letters::lettered(schedule, evidence);
    let expected = states(schedule, |record| {
        evidence.may_be_lost(schedule, record) || lettered.contains(&record.n)
    });
    let found = evidence.rows.iter().map(|row| ((row.topic, row.id), row));
    let found: BTreeMap<(usize, i32), &Stored> = found.collect();
    let keys: BTreeSet<(usize, i32)> = expected.keys().chain(found.keys()).copied().collect();
    let none = BTreeSet::from([None]);
    let wrong = |key: &(usize, i32)| {
        !expected.get(key).unwrap_or(&none).contains(&found.get(key).copied().cloned())
    };
    keys.iter()
        .filter(|key| wrong(key))
        .map(|key| format!("key {key:?}: {:?} instead of {:?}", found.get(key), expected.get(key)))
        .collect()
}

/// What the records make of each key of each topic. Where it is uncertain whether one of them was
/// applied, both may be.
pub(crate) fn states(
    schedule: &Schedule,
    is_uncertain: impl Fn(&Planned) -> bool,
) -> BTreeMap<(usize, i32), BTreeSet<State>> {
    let mut all: BTreeMap<(usize, i32), BTreeSet<State>> = BTreeMap::new();
    for record in &schedule.records {
        let fate = schedule.fate(record);
        if !matches!(fate, Fate::Put | Fate::Delete) {
            continue;
        }
        let before = all.entry((record.topic, record.id));
        let before = before.or_insert_with(|| BTreeSet::from([None]));
        let after =
            before.iter().map(|state| (fate == Fate::Put).then(|| laid_over(record, state)));
        let mut after: BTreeSet<State> = after.collect();
        if is_uncertain(record) {
            after.append(before);
        }
        *before = after;
    }
    all
}

/// The row that a record makes of the one that is there: what it does not have stays.
fn laid_over(record: &Planned, state: &State) -> Stored {
    let earlier = state.clone().unwrap_or_default();
    let row = row_of(record);
    let mut more = earlier.more;
    for (name, value) in record.shown() {
        match value {
            Some(value) => _ = more.insert(name.to_owned(), value.to_owned()),
            None => _ = more.remove(name),
        }
    }
    Stored { pad: row.pad.or(earlier.pad), more, ..row }
}

/// The row a good record becomes.
fn row_of(record: &Planned) -> Stored {
    let padded = record.kind == Kind::Good { padded: true };
    let pad = padded.then(|| record.padding());
    let more =
        record.shown().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    let (topic, id, n) = (record.topic, record.id, record.n);
    Stored { topic, id, n, pad, more: more.collect(), transaction: 0 }
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
            None if evidence.may_be_lost(schedule, record) => {}
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
        findings.extend(whole(schedule, evidence, &by_number, partition));
        findings.extend(once.then(|| in_order(schedule, &evidence.rows, partition)).flatten());
    }
    findings
}

/// That no transaction has a hole in its run of a partition's records.
fn whole(
    schedule: &Schedule,
    evidence: &Evidence,
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
        let missing = |n: &i64| usize::try_from(*n).ok().and_then(|n| schedule.records.get(n));
        let run = all.iter().filter(|n| (first..=last).contains(n));
        let run = run.filter(|n| {
            held.contains(n)
                || !missing(n).is_some_and(|record| evidence.may_be_lost(schedule, record))
        });
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
    let lost = schedule.records.iter().filter(|it| evidence.may_be_lost(schedule, it));
    let lost = lost.count() as i64;
    let all = schedule.records.len() as i64 - lost;
    let may_redeliver = schedule.may_redeliver() || lost > 0;
    if settled < all || (settled > all && !may_redeliver) {
        findings.push(format!("the lines settle {settled} records of {all}"));
    }
    let cries =
        evidence.words.iter().filter(|word| word.contains("panicked") || word.contains("bug"));
    findings.extend(cries.map(|word| format!("the function said: {word}")));
    findings
}

fn offsets(schedule: &Schedule, evidence: &Evidence) -> Option<String> {
    let mut ends = Vec::new();
    for (topic, of_topic) in schedule.ends().iter().enumerate() {
        let of_topic = (0..).zip(of_topic).filter(|(_, end)| **end > 0);
        ends.extend(of_topic.map(|(partition, end)| (topic, partition, *end)));
    }
    // One whose last records are gone stops before them.
    let stops = |(_, partition, end): &(usize, i32, i64)| {
        evidence.told.gone.iter().any(|(gone, _, last)| gone == partition && last + 1 == *end)
    };
    let wrong = |place: &(usize, i32, i64)| {
        let (topic, partition, end) = *place;
        let mut reached = evidence.reached.iter();
        let found = reached.find(|(t, p, _)| (*t, *p) == (topic, partition)).map(|it| it.2);
        found != Some(end) && !(stops(place) && found.is_none_or(|found| found < end))
    };
    let more =
        evidence.reached.iter().any(|(t, p, _)| !ends.iter().any(|it| (it.0, it.1) == (*t, *p)));
    let wrong = schedule.exactly_once && (more || ends.iter().any(wrong));
    wrong.then(|| format!("offsets reached: {:?} instead of {ends:?}", evidence.reached))
}

fn columns(schedule: &Schedule, evidence: &Evidence) -> Option<String> {
    let expected = schedule.new_columns();
    let found: BTreeSet<String> =
        evidence.columns.iter().filter(|name| !evolve::is_allowed(name)).cloned().collect();
    let wrong = schedule.evolves && found != expected;
    wrong.then(|| format!("columns were added: {found:?} instead of {expected:?}"))
}
