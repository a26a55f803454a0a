//! The same of schedules with a scenario: a topic that changes, letters that are replayed, columns that
//! are added, tables that refer to each other.

use serde_json::json;
use sluice_tests::database::target::Target;
use sluice_tests::kafka::letter::Letter;
use sluice_tests::schedule::evidence::Evidence;
use sluice_tests::schedule::fault::Fault;
use sluice_tests::schedule::records::{Fate, Kind, Planned, RAISED};
use sluice_tests::schedule::replayed::{self, Replayed};
use sluice_tests::schedule::{Mode, Schedule, laws};

use crate::ideal::{ideal, letter};
use crate::laws::found_in;

/// The first schedule like that.
fn first(fits: impl Fn(&Schedule) -> bool) -> Schedule {
    let all = (0..).map(|seed| Schedule::of(seed, Target::Postgres));
    let mut few = all.filter(|schedule| schedule.records.len() < 2_000);
    few.find(|schedule| fits(schedule)).expect("there is one among all")
}

fn upserts(schedule: &Schedule) -> bool {
    schedule.mode == Mode::Upsert
}

#[test]
fn what_is_told_of_lost_offsets() {
    let schedule = first(|it| upserts(it) && it.exactly_once && it.faults_hold(Fault::Overtake));
    found_in(&schedule, "were not deleted", |evidence| evidence.told.gone.push((0, 3, 5)));
    found_in(&schedule, "nothing like it", |evidence| evidence.told.other.push("cut".to_owned()));
    found_in(&schedule, "1 lost", |evidence| evidence.told.miscounted.push("1 lost".to_owned()));
    found_in(&schedule, "told are", |evidence| _ = evidence.taken.beyond.insert(0));
    found_in(&schedule, "told are", |evidence| _ = evidence.told.beyond.insert(0));
    found_in(&schedule, "made again", |evidence| _ = evidence.told.remade.insert(0));
}

/// A record that is told to be gone may be written or not; others have to be.
#[test]
fn a_loss_is_forgiven_where_it_is_told() {
    let schedule = first(|it| it.mode == Mode::Insert && it.faults_hold(Fault::Overtake));
    let good = |record: &&Planned| schedule.fate(record) == Fate::Put;
    let good: Vec<&Planned> = schedule.records.iter().filter(good).collect();
    let lose = |record: &Planned, told: bool| {
        let mut evidence = ideal(&schedule);
        let offset = record.offset;
        evidence.rows.retain(|row| row.n != record.n);
        evidence.lines.retain(|line| line["written"] == 1);
        evidence.lines.pop();
        evidence.taken.deleted.insert(record.partition, offset + 1);
        evidence.told.gone.extend(told.then_some((record.partition, offset, offset)));
        laws::judge(&schedule, &evidence)
    };
    let is_missing = |finding: &String| finding.contains("a row is missing");
    assert!(lose(good[5], false).iter().any(is_missing));
    assert!(!lose(good[5], true).iter().any(is_missing));
}

#[test]
fn a_topic_that_was_made_again() {
    let schedule = first(|it| upserts(it) && it.remade.is_some_and(|remade| !remade.settled));
    // A letter of the first topic and one of the second have the same place.
    let bad = |record: &&Planned| matches!(schedule.fate(record), Fate::Dead(_));
    let (_, second) = schedule.before_and_after();
    let bad = second.iter().find(bad).expect("a bad one");
    found_in(&schedule, "a letter is missing", |evidence| {
        let at = evidence.dead.iter().position(|letter| letter.key == letter_of(bad).key);
        evidence.dead.drain(at.expect("its letter")..);
    });
    // What was committed of the first may not be lost, what was not may.
    let mut evidence = ideal(&schedule);
    evidence.taken.committed = (0..schedule.partitions).map(|partition| (partition, 0)).collect();
    assert_eq!(laws::judge(&schedule, &evidence), [""; 0]);
    let last = second.iter().rfind(|record| schedule.fate(record) == Fate::Put);
    let last = last.expect("a good one").id;
    found_in(&schedule, "instead of", |evidence| {
        evidence.taken.committed = (0..schedule.partitions).map(|it| (it, 0)).collect();
        evidence.rows.retain(|row| row.id != last);
    });
}

fn letter_of(record: &Planned) -> Letter {
    letter(record, "VALUE_CONVERTER")
}

#[test]
fn columns_that_are_wrong() {
    let schedule = first(|it| upserts(it) && it.evolves);
    for name in ["new_void", "new_ghost"] {
        found_in(&schedule, "columns were added", |evidence| {
            evidence.columns.insert(name.to_owned());
        });
    }
    found_in(&schedule, "columns were added", |evidence| _ = evidence.columns.pop_first());
    found_in(&schedule, "instead of", |evidence| {
        let row = evidence.rows.iter_mut().find(|row| !row.more.is_empty()).expect("one of them");
        row.more.pop_first();
    });
}

#[test]
fn table_chains_that_are_wrong() {
    let schedule = first(|it| it.table_chain.is_some_and(|table_chain| table_chain.patience < 0));
    found_in(&schedule, "instead of", |evidence| {
        evidence.rows.retain(|row| row.topic != 1);
    });
    found_in(&schedule, "instead of", |evidence| {
        let child = evidence.rows.iter_mut().find(|row| row.topic == 1).expect("a child");
        child.more.insert("parent".to_owned(), "77".to_owned());
    });
    let is_child = |it: &&Planned| it.topic == 1 && matches!(it.kind, Kind::Good { .. });
    let child = schedule.records.iter().find(is_child).expect("a child");
    found_in(&schedule, "a letter of a good record", |evidence| {
        evidence.errors.push(letter(child, "TASK_PUT"));
    });
    // One that may wait in vain has a letter, or a row.
    let schedule = first(|it| it.table_chain.is_some_and(|table_chain| table_chain.patience >= 0));
    let child = schedule.records.iter().rfind(is_child).expect("a child");
    let mut evidence = ideal(&schedule);
    evidence.errors.push(letter(child, "TASK_PUT"));
    assert_eq!(laws::judge(&schedule, &evidence), [""; 0]);
    found_in(&schedule, "instead of", |evidence| {
        evidence.rows.retain(|row| (row.topic, row.id) != (1, child.id));
    });
}

/// What comes of a replay in which nothing happens.
fn replayed(schedule: &Schedule) -> Replayed {
    let Evidence { rows, dead, errors, .. } = ideal(schedule);
    let rows = rows.into_iter().map(|row| (row.id, Some(row.n), row.pad)).collect();
    let mut replayed = Replayed { rows, dead, errors, ..Replayed::default() };
    let mut ends = schedule.ends()[0].clone();
    let (mut again, mut failed) = (schedule.records.clone(), 0);
    again.sort_by_key(|record| (record.partition, record.offset));
    again.retain(|it| matches!(schedule.fate(it), Fate::Dead(_) | Fate::Refused));
    for record in again {
        let offset = ends[record.partition as usize];
        ends[record.partition as usize] += 1;
        replayed.source.push(again_at(&record, offset));
        let dead = match schedule.fate(&record) {
            Fate::Dead(stage) => Some(stage),
            _ => None,
        };
        if dead.is_none() && is_taken(schedule, &record, &mut replayed) {
            continue;
        }
        let mut letter = letter(&Planned { offset, ..record }, dead.unwrap_or("TASK_PUT"));
        letter.headers.push(("__sluice.replayed.count".to_owned(), Some("1".into())));
        let topic = if dead.is_some() { &mut replayed.dead } else { &mut replayed.errors };
        topic.push(letter);
        failed += 1;
    }
    replayed.last = json!({"replayed": 0, "failed_again": failed});
    replayed
}

/// A record as a replay sends it.
fn again_at(record: &Planned, offset: i64) -> Letter {
    let mut source = letter(record, "");
    source.headers.retain(|(name, _)| !name.starts_with("__"));
    let origin = format!("t-{}@{}", record.partition, record.offset);
    for (name, value) in [("count", "1".to_owned()), ("origin", origin)] {
        source.headers.push((format!("__sluice.replayed.{name}"), Some(value.into())));
    }
    Letter { partition: record.partition, offset, ..source }
}

/// Whether the table takes now what it refused, and has its row.
fn is_taken(schedule: &Schedule, record: &Planned, replayed: &mut Replayed) -> bool {
    let upserts = schedule.mode != Mode::Insert;
    let earlier = replayed.rows.iter().find(|(id, ..)| upserts && *id == record.id);
    let pad = earlier.and_then(|(_, _, pad)| pad.clone());
    let (n, pad) = match record.kind {
        Kind::NotNull => (None, pad),
        Kind::Checked => (Some(-record.n - 1), pad),
        Kind::Raised => (Some(record.n), Some(RAISED.to_owned())),
        _ => return false,
    };
    replayed.rows.retain(|(id, ..)| !upserts || *id != record.id);
    replayed.rows.push((record.id, n, pad));
    true
}

fn found_again(schedule: &Schedule, says: &str, wrong: impl Fn(&mut Replayed)) {
    let mut replayed = replayed(schedule);
    wrong(&mut replayed);
    let findings = replayed::judge(schedule, &ideal(schedule), &replayed);
    assert!(findings.iter().any(|finding| finding.contains(says)), "{says}: {findings:#?}");
}

#[test]
fn replays_that_are_wrong() {
    for mode in [Mode::Insert, Mode::Upsert, Mode::UpsertAndDelete] {
        let schedule = first(|it| {
            let dead = |record: &&Planned| matches!(it.fate(record), Fate::Dead(_));
            it.mode == mode
                && it.replay_phase.is_some_and(|replay_phase| replay_phase.killed_after.is_none())
                && it.records.iter().filter(dead).count() > it.partitions as usize * 3
        });
        let fine = replayed::judge(&schedule, &ideal(&schedule), &replayed(&schedule));
        assert_eq!(fine, [""; 0], "{schedule}");
        found_again(&schedule, "replayed, not", |replayed| _ = replayed.source.pop());
        found_again(&schedule, "replayed, not", |replayed| replayed.source.reverse());
        found_again(&schedule, "another record", |replayed| replayed.source[0].value = None);
        found_again(&schedule, "the mark of a first", |replayed| {
            replayed.source[0].headers.retain(|(name, _)| name != "__sluice.replayed.count");
        });
        found_again(&schedule, "after the replay", |replayed| _ = replayed.rows.pop());
        found_again(&schedule, "after the replay", |replayed| {
            replayed.rows[0].1 = Some(-1_000_000);
        });
        found_again(&schedule, "no letter again", |replayed| _ = replayed.dead.pop());
        found_again(&schedule, "without the mark", |replayed| {
            let letter = replayed.dead.last_mut().expect("a letter");
            letter.headers.retain(|(name, _)| name != "__sluice.replayed.count");
        });
        found_again(&schedule, "the last replay", |replayed| replayed.last = json!({}));
    }
}
