//! The schemas of records in a registry: when they are asked for, their names, and what becomes of one that changes or is
//! refused; and what a person is told of a row that has none.

use serde_json::json;
use sluice_bridge::format::registry::SchemaKind;
use sluice_testkit::MemoryJournal;

use crate::registered::{BY_ID, fill, read, told, told_of};
use crate::stage::on_both;

/// A query has no name, and its schema has the one that a schema without a name has.
#[test]
fn a_query_has_a_schema() {
    on_both("query", async |stage| {
        fill(stage).await;
        let query = [("query", "SELECT id, words FROM t"), ("incrementing.column.name", "id")];
        for format in ["avro", "protobuf", "json-schema"] {
            let (schemas, records) = told_of(stage, format, &query).await;
            let subjects: Vec<&str> = schemas.iter().map(|(subject, _)| subject.as_str()).collect();
            assert_eq!(subjects, ["p--value"], "{format}");
            assert_eq!(read(&schemas, &records[0].value), json!({ "id": 1, "words": "é" }));
        }
    });
}

#[test]
fn a_table_without_rows_asks_for_no_schema() {
    on_both("empty", async |stage| {
        stage.say("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY)").await;
        for mode in ["bulk", "incrementing"] {
            let (schemas, records) = told(stage, "avro", &[("mode", mode)]).await;
            assert_eq!((schemas.len(), records.len()), (0, 0), "{mode}");
        }
    });
}

/// A letter is for a person: its key is not written as Avro writes it.
#[test]
fn a_letter_has_a_key_that_can_be_read() {
    on_both("letter", async |stage| {
        stage
            .say(
                "SET sql_mode = ''; CREATE TABLE t (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, d DATE); \
                 INSERT INTO t VALUES (450, '0000-00-00')",
            )
            .await;
        let journal = MemoryJournal::default();
        let tolerant = [("errors.tolerance", "all"), ("errors.deadletterqueue.topic.name", "dead")];
        let options = [&BY_ID[..], &[("value.format", "avro")], &tolerant].concat();
        let outcome = stage.poll(&journal, &options).await.expect("an outcome");
        assert_eq!((outcome.error(), outcome.is_done), (None, true));
        let letters = journal.take_letters();
        let [letter] = letters.as_slice() else { panic!("{letters:?}") };
        assert_eq!(letter.row.key.as_deref(), Some(&br#"{"id":450}"#[..]));
        assert_eq!(&letter.row.value[..], br#"{"id":450,"d":"0000-00-00"}"#);
    });
}

#[test]
fn a_new_column_is_a_new_schema_and_a_refused_one_stops_its_table_alone() {
    on_both("versions", async |stage| {
        for table in ["t", "u"] {
            let columns = "id INT AUTO_INCREMENT PRIMARY KEY, v INT";
            stage
                .say(&format!(
                    "CREATE TABLE {table} ({columns}); INSERT INTO {table} (v) VALUES (1)"
                ))
                .await;
        }
        let journal = MemoryJournal::default();
        let options = [&BY_ID[..], &[("value.format", "avro"), ("key.format", "json")]].concat();
        stage.told(&journal, &options).await;
        let subjects = || -> Vec<String> {
            let schemas = journal.schemas().into_iter();
            let mut subjects: Vec<String> = schemas.map(|(subject, _)| subject).collect();
            // A table that waits for a writer elsewhere on the server comes later.
            subjects.sort();
            subjects
        };
        assert_eq!(subjects(), ["p-t-value", "p-u-value"]);
        journal.refuse("p-u-value");
        for table in ["t", "u"] {
            let change =
                format!("ALTER TABLE {table} ADD w INT; INSERT INTO {table} (v) VALUES (2)");
            stage.say(&change).await;
        }
        let outcome = stage.poll(&journal, &options).await.expect("an outcome");
        let error = outcome.error().expect("an error").message;
        let expected = format!("table {}.u: a new version of p-u-value is refused", stage.database);
        assert_eq!(error, expected);
        let records = journal.take_records();
        let [(topic, record)] = records.as_slice() else { panic!("{records:?}") };
        assert_eq!((topic.as_str(), record.key.as_deref()), ("p-t", Some(&br#"{"id":2}"#[..])));
        assert_eq!((subjects().len(), record.value[4]), (3, 3), "it names the new schema");
        assert_eq!(journal.schemas()[2].1.kind, SchemaKind::Avro);
    });
}

#[test]
fn a_name_that_a_schema_does_not_allow_is_told_or_changed() {
    on_both("scrubbed", async |stage| {
        stage
            .say(
                "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, `a b` DATE); \
                 INSERT INTO t VALUES (1, '2026-01-01')",
            )
            .await;
        let options = [&BY_ID[..], &[("value.format", "avro")]].concat();
        let error = stage.refused(&options).await;
        assert!(error.message.contains("column `a b` is not a name of Avro"), "{error}");
        let (schemas, records) = told(stage, "avro", &[("scrub.invalid.names", "true")]).await;
        assert_eq!(read(&schemas, &records[0].value), json!({ "id": 1, "a_b": "2026-01-01" }));
    });
}

#[test]
fn a_row_that_cannot_be_written_is_named_by_a_key_that_can_be_read() {
    on_both("named", async |stage| {
        stage
            .say(
                "SET sql_mode = ''; CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, d DATE); \
                 INSERT INTO t VALUES (7, '0000-00-00')",
            )
            .await;
        let options = [&BY_ID[..], &[("value.format", "avro")]].concat();
        let error = stage.refused(&options).await;
        assert!(error.message.contains(r#"the row {"id":7} cannot be written"#), "{error}");
    });
}
