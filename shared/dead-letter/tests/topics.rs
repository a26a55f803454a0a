//! Which topics letters go to, and what is refused at start.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use sluice_bridge::model::failure::Stage;
use sluice_bridge::model::table::TableName;
use sluice_bridge::options::letters::ERRORS_TABLE;
use sluice_bridge::options::rules::TOPICS;
use sluice_bridge::options::{Opt, Settings};
use sluice_dead_letter::{DEAD_LETTER_TOPIC, Destination, ERROR_DATA_TOPIC, Topics};

const DEAD: (&str, &str) = ("errors.deadletterqueue.topic.name", "dead");
const DATA: (&str, &str) = ("errors.data.topic.name", "data");

fn read(pairs: &[(&str, &str)], tolerant: bool) -> Result<Option<Topics>, Vec<String>> {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut settings = Settings::new(&[&DEAD_LETTER_TOPIC, &ERROR_DATA_TOPIC, &TOPICS], pairs);
    let topics = Topics::from_settings(&mut settings, tolerant);
    settings.check().map(|()| topics).map_err(|problems| problems.0)
}

#[test]
fn the_stage_decides() {
    let topics = read(&[DEAD, DATA], true).unwrap().unwrap();
    let of = [Stage::Key, Stage::Value, Stage::Mapping, Stage::Write].map(|s| topics.topic(s));
    assert_eq!(of, ["dead", "dead", "dead", "data"]);
    assert!(topics.contains("dead") && topics.contains("data") && !topics.contains("t"));
}

#[test]
fn without_a_topic_of_their_own_refused_rows_are_dead_letters() {
    for pairs in [&[DEAD][..], &[DEAD, ("errors.data.topic.name", "")]] {
        let topics = read(pairs, true).unwrap().unwrap();
        assert_eq!(topics.topic(Stage::Write), "dead");
    }
}

#[test]
fn without_tolerance_there_are_no_letters() {
    assert_eq!(read(&[], false), Ok(None));
    for pair in [DEAD, DATA] {
        let problems = read(&[pair], false).unwrap_err();
        assert!(problems[0].starts_with(pair.0) && problems.len() == 1, "{problems:?}");
    }
}

#[test]
fn tolerance_needs_a_topic() {
    for pairs in [&[][..], &[DATA]] {
        let problems = read(pairs, true).unwrap_err();
        assert!(problems.len() == 1 && problems[0].contains(DEAD.0), "{problems:?}");
    }
}

#[test]
fn a_source_topic_is_refused() {
    for (pair, topic) in [(DEAD, "dead"), (DATA, "data")] {
        let problems = read(&[DEAD, DATA, ("topics", &format!("a, {topic}"))], true).unwrap_err();
        assert!(problems.len() == 1 && problems[0].starts_with(pair.0), "{problems:?}");
        assert!(problems[0].contains("among the source topics"), "{problems:?}");
    }
}

fn destination(
    known: &[&'static Opt],
    pairs: &[(&str, &str)],
    tolerant: bool,
) -> Result<Option<Destination>, Vec<String>> {
    let known = [&[&DEAD_LETTER_TOPIC, &ERROR_DATA_TOPIC, &TOPICS], known].concat();
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut settings = Settings::new(&known, pairs);
    let destination = Destination::from_settings(&mut settings, tolerant);
    settings.check().map(|()| destination).map_err(|problems| problems.0)
}

/// Of a connector that has one.
#[test]
fn a_table_stands_for_both_topics() {
    const TABLE: (&str, &str) = ("errors.table.name", "letters");
    let known: &[&'static Opt] = &[&ERRORS_TABLE];
    let table = destination(known, &[TABLE], true).unwrap().unwrap();
    assert_eq!(table, Destination::Table(TableName::parse("letters").unwrap()));
    assert_eq!(table.topic(Stage::Write), None);
    let topics = destination(known, &[DEAD], true).unwrap().unwrap();
    assert_eq!(topics.topic(Stage::Write), Some("dead"));
    for (pairs, tolerant, why) in [
        (&[TABLE, DEAD][..], true, "letters go into a table, or to topics"),
        (&[TABLE, DATA], true, "letters go into a table, or to topics"),
        (&[TABLE], false, "errors.tolerance is none"),
        (&[], true, "errors.tolerance=all needs errors.deadletterqueue.topic.name"),
    ] {
        let problems = destination(known, pairs, tolerant).unwrap_err();
        assert!(problems.len() == 1 && problems[0].contains(why), "{problems:?}");
    }
    // A connector without such a table does not know the option.
    let problems = destination(&[], &[TABLE, DEAD], true).unwrap_err();
    assert!(problems[0].starts_with("unknown option errors.table.name"), "{problems:?}");
}
