//! The laws notice: evidence as it should be, and then with one thing wrong in it.

use serde_json::json;
use sluice_tests::database::target::Target;
use sluice_tests::schedule::evidence::{Evidence, Stored};
use sluice_tests::schedule::records::{Fate, Kind};
use sluice_tests::schedule::{Mode, Schedule, laws};

use crate::ideal::{ideal, letter};

/// A schedule of that mode after which nothing may have come twice, with letters of both sorts.
fn strict(mode: Mode) -> Schedule {
    schedule(mode, |schedule| !schedule.exactly_once && !schedule.may_redeliver())
}

/// One in which every record may come again, and offsets are kept.
fn exactly_once(mode: Mode) -> Schedule {
    schedule(mode, |schedule| schedule.exactly_once && schedule.may_redeliver())
}

fn schedule(mode: Mode, fits: fn(&Schedule) -> bool) -> Schedule {
    let found = (0..).map(|seed| Schedule::of(seed, Target::Postgres)).find(|schedule| {
        let letters = |stage: fn(&Fate) -> bool| {
            schedule.records.iter().any(|record| stage(&record.fate(mode)))
        };
        // Of few keys, some of which come again.
        schedule.mode == mode
            && schedule.records.len() < 2_000
            && fits(schedule)
            && letters(|fate| matches!(fate, Fate::Dead(_)))
            && letters(|fate| *fate == Fate::Refused)
    });
    found.expect("there is one among all")
}

#[test]
fn what_should_come_of_it_holds() {
    for seed in 0..100 {
        let schedule = Schedule::of(seed, Target::Postgres);
        assert_eq!(laws::judge(&schedule, &ideal(&schedule)), [""; 0], "{schedule}");
    }
}

/// That one thing wrong is found, by words that name it.
#[track_caller]
fn found(mode: Mode, says: &str, wrong: impl Fn(&mut Evidence)) {
    found_in(&strict(mode), says, wrong);
}

#[track_caller]
pub(crate) fn found_in(schedule: &Schedule, says: &str, wrong: impl Fn(&mut Evidence)) {
    let mut evidence = ideal(schedule);
    wrong(&mut evidence);
    let findings = laws::judge(schedule, &evidence);
    assert!(findings.iter().any(|finding| finding.contains(says)), "{says}: {findings:#?}");
}

#[test]
fn rows_that_are_wrong() {
    for mode in [Mode::Upsert, Mode::UpsertAndDelete] {
        found(mode, "instead of", |evidence| _ = evidence.rows.remove(2));
        found(mode, "instead of", |evidence| evidence.rows[1].n -= 1);
        found(mode, "instead of", |evidence| evidence.rows[0].pad = Some("bent".to_owned()));
        found(mode, "instead of", |evidence| {
            evidence.rows.push(Stored { id: 1000, ..evidence.rows[0].clone() });
        });
    }
    found(Mode::Insert, "a row is missing", |evidence| _ = evidence.rows.remove(2));
    found(Mode::Insert, "2 rows of", |evidence| {
        let again = Stored { transaction: 1, ..evidence.rows[5].clone() };
        evidence.rows.push(again);
    });
    found(Mode::Insert, "a row of no record", |evidence| evidence.rows[0].id += 1);
    found(Mode::Insert, "out of order", |evidence| evidence.rows.reverse());
}

#[test]
fn transactions_that_are_wrong() {
    found(Mode::Insert, "is not whole", |evidence| {
        // Of the same key, and so of the same partition.
        let Stored { id, transaction, .. } = evidence.rows[0];
        let last = evidence.rows.iter_mut().rfind(|row| row.id == id);
        last.expect("there is the first").transaction = transaction;
    });
    found(Mode::Insert, "no transaction has", |evidence| {
        evidence.lines.push(json!({"received": 9, "written": 9, "lettered": 0, "filtered": 0,
            "given_back": 0}));
    });
    found(Mode::Insert, "of which no line tells", |evidence| {
        let line = evidence.lines.iter().position(|line| line["written"] == 1);
        evidence.lines.remove(line.expect("a record was written"));
    });
}

#[test]
fn letters_that_are_wrong() {
    for mode in [Mode::Insert, Mode::UpsertAndDelete] {
        found(mode, "a letter is missing", |evidence| _ = evidence.dead.pop());
        found(mode, "the wrong topic", |evidence| {
            let letter = evidence.dead.pop().expect("a letter");
            evidence.errors.push(letter);
        });
        found(mode, "another key", |evidence| evidence.dead[0].key = None);
        found(mode, "another value", |evidence| evidence.dead[0].value = Some("{}".into()));
        found(mode, "another time", |evidence| {
            let letter = &mut evidence.errors[0];
            letter.headers.retain(|(name, _)| name != "__sluice.errors.timestamp");
        });
        found(mode, "other headers", |evidence| _ = evidence.errors[0].headers.remove(1));
        found(mode, "letters, 2 at most", |evidence| {
            let again = evidence.dead[0].clone();
            evidence.dead.extend([again.clone(), again]);
        });
        found(mode, "a letter of no record", |evidence| {
            let letter = &mut evidence.dead[0];
            letter.headers.retain(|(name, _)| name != "__connect.errors.offset");
        });
    }
    let schedule = strict(Mode::Upsert);
    let good = schedule.records.iter().find(|record| matches!(record.kind, Kind::Good { .. }));
    let good = letter(good.expect("a good one"), "TASK_PUT");
    found(Mode::Upsert, "a letter of a good record", |evidence| {
        evidence.errors.push(good.clone());
    });
}

#[test]
fn books_that_are_wrong() {
    found(Mode::Upsert, "does not balance", |evidence| evidence.lines[0]["received"] = json!(2));
    found(Mode::Upsert, "the lines settle", |evidence| _ = evidence.lines.pop());
    found(Mode::Upsert, "the function said", |evidence| {
        evidence.words.push("thread 'main' panicked at".to_owned());
    });
}

/// Whatever may come again, with offsets kept it is in the table once.
#[test]
fn rows_that_came_again() {
    let schedule = exactly_once(Mode::Insert);
    let twice = |evidence: &mut Evidence| {
        let again = Stored { transaction: 1, ..evidence.rows[5].clone() };
        evidence.rows.push(again);
    };
    found_in(&schedule, "2 rows of", twice);
    found_in(&schedule, "out of order", |evidence| evidence.rows.reverse());
    found_in(&schedule, "a row is missing", |evidence| _ = evidence.rows.pop());
}

#[test]
fn offsets_that_are_wrong() {
    for mode in [Mode::Insert, Mode::Upsert, Mode::UpsertAndDelete] {
        let schedule = exactly_once(mode);
        found_in(&schedule, "offsets reached", |evidence| evidence.reached[0].2 -= 1);
        found_in(&schedule, "offsets reached", |evidence| _ = evidence.reached.pop());
    }
}
