//! Rows that cannot be written: letters with their reasons, in the same transaction as their neighbours.

use krafka::consumer::ConsumerRecord;

use super::stage::{MYSQL, Stage, text};

const ROWS: &str =
    "SET sql_mode = ''; INSERT INTO t (day) VALUES ('2026-01-01'), ('2026-00-15'), ('2026-01-03')";

/// From now on a row that cannot be written becomes a letter in the topic `dead`.
async fn with_letters(stage: Stage) -> Stage {
    let dead = stage.topic("dead").await;
    stage.with("ERRORS_TOLERANCE", "all").with("ERRORS_DEADLETTERQUEUE_TOPIC_NAME", &dead)
}

fn header(letter: &ConsumerRecord, wanted: &str) -> String {
    let found = letter.headers.iter().find(|(name, _)| name == wanted);
    text(found.and_then(|(_, value)| value.as_deref()))
}

#[tokio::test]
async fn a_row_that_cannot_be_written_stops_its_table_or_becomes_a_letter() {
    let columns = "id INT AUTO_INCREMENT PRIMARY KEY, day DATE";
    let stage = Stage::new(MYSQL, "source_letters", columns).await.with("ZERO_DATES", "error");
    stage.say(ROWS).await;
    let run = stage.invoke().await;
    assert_eq!(run.code, Some(1), "{run:#?}");
    let said = format!("{}{}", run.stdout, run.stderr);
    for words in ["cannot be written as a record: column `day`", ".t: the row {", ":2} cannot"] {
        assert!(said.contains(words), "nothing of {words} in {run:#?}");
    }
    assert_eq!(stage.values().await, [r#"{"id":1,"day":"2026-01-01"}"#]);

    let stage = with_letters(stage).await;
    let answer = stage.poll().await;
    assert_eq!((&answer["rows"], &answer["done"]), (&2.into(), &true.into()), "{answer}");
    let mut values = stage.values().await;
    values.sort();
    assert_eq!(values, [r#"{"id":1,"day":"2026-01-01"}"#, r#"{"id":3,"day":"2026-01-03"}"#]);
    let letters = stage.records("dead").await;
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    let (key, value) = (text(letter.key.as_deref()), text(letter.value.as_deref()));
    assert_eq!((key.as_str(), value.as_str()), (r#"{"id":2}"#, r#"{"id":2}"#));
    let header = |wanted: &str| header(letter, wanted);
    assert_eq!(header("__sluice.errors.table"), format!("{}.t", stage.name));
    assert_eq!(header("__sluice.errors.column"), "day");
    assert_eq!(header("__connect.errors.topic"), format!("{}-t", stage.name));
    assert!(header("__connect.errors.exception.message").contains("not in the calendar"));
    stage.gone().await;
}

#[tokio::test]
async fn a_row_that_is_too_large_for_its_topic_is_named_and_becomes_a_letter_without_its_value() {
    let columns = "id INT AUTO_INCREMENT PRIMARY KEY, doc LONGTEXT";
    let stage = Stage::new(MYSQL, "source_large", columns).await;
    stage.say("INSERT INTO t (doc) VALUES ('a'), (REPEAT('x', 1100000)), ('b')").await;
    let run = stage.invoke().await;
    assert_eq!(run.code, Some(1), "{run:#?}");
    let said = format!("{}{}", run.stdout, run.stderr);
    let accepts = format!("topic {}-t accepts 1048588 (max.message.bytes)", stage.name);
    for words in [".t: the row {", ":2} cannot be written as a record: its record has", &accepts] {
        assert!(said.contains(words), "nothing of {words} in {run:#?}");
    }
    assert_eq!(stage.values().await, [r#"{"id":1,"doc":"a"}"#]);

    let stage = with_letters(stage).await;
    let answer = stage.poll().await;
    assert_eq!((&answer["rows"], &answer["done"]), (&2.into(), &true.into()), "{answer}");
    let mut values = stage.values().await;
    values.sort();
    assert_eq!(values, [r#"{"id":1,"doc":"a"}"#, r#"{"id":3,"doc":"b"}"#]);
    let letters = stage.records("dead").await;
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!((text(letter.key.as_deref()).as_str(), &letter.value), (r#"{"id":2}"#, &None));
    let header = |wanted: &str| header(letter, wanted);
    let bytes = r#"{"id":2,"doc":""}"#.len() + 1_100_000;
    assert_eq!(header("__sluice.errors.value.omitted.bytes"), bytes.to_string());
    assert_eq!(header("__connect.errors.stage"), "KAFKA_PRODUCE");
    assert!(header("__connect.errors.exception.message").contains("its record has 11000"));
    stage.gone().await;
}
