//! Which topics letters go to, and what is refused at start.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use sluice_bridge::model::failure::Stage;
use sluice_bridge::options::Settings;
use sluice_bridge::options::rules::TOPICS;
use sluice_dead_letter::{DEAD_LETTER_TOPIC, ERROR_DATA_TOPIC, Topics};

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
