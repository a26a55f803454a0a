//! Rows that the server cannot answer with, all of a page together or one alone.
//!
//! The error is the server's own, but a function of ours raises it: how much memory a server has is not for a test to
//! say.

use sluice_testkit::MemoryJournal;

use crate::stage::{Stage, on_both};

const BY_ID: [(&str, &str); 4] = [
    ("mode", "incrementing"),
    ("table.whitelist", "w"),
    ("table.types", "VIEW"),
    ("incrementing.column.name", "id"),
];

/// A view of rows of which two fit into an answer, and one not at all.
async fn fill(stage: &Stage, too_large: u32) {
    stage
        .say("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3), (4), (5)")
        .await;
    stage
        .say(&format!(
            "CREATE FUNCTION heavy(v INT) RETURNS INT NO SQL BEGIN SET @n = COALESCE(@n, 0) + 1; \
             IF v = {too_large} OR @n > 2 THEN SET @n = 0; \
             SIGNAL SQLSTATE 'HY001' SET MYSQL_ERRNO = 1038, MESSAGE_TEXT = 'out of sort memory'; END IF; \
             RETURN v; END"
        ))
        .await;
    stage.say("CREATE VIEW w AS SELECT id, heavy(id) AS v FROM t").await;
}

#[test]
fn they_are_read_in_smaller_pages() {
    on_both("large", async |stage| {
        fill(stage, 0).await;
        let values = stage.values(&MemoryJournal::default(), &BY_ID).await;
        let expected = (1..=5).map(|id| format!(r#"{{"id":{id},"v":{id}}}"#));
        assert_eq!(values, expected.collect::<Vec<_>>());
    });
}

#[test]
fn one_that_is_too_large_alone_is_named_and_stops_its_table_or_becomes_a_letter() {
    on_both("larger", async |stage| {
        fill(stage, 3).await;
        let journal = MemoryJournal::default();
        let outcome = stage.poll(&journal, &BY_ID).await.expect("an outcome");
        let error = outcome.error().expect("an error").message;
        let expected = format!("table {}.w: a row without a key cannot be written", stage.database);
        assert!(error.starts_with(&expected), "{error}");
        assert!(
            error.contains("its `id` is 3, and it is too large to be read: out of sort memory"),
            "{error}"
        );
        assert_eq!(journal.take().len(), 2, "those before it are kept");
        let tolerant = [("errors.tolerance", "all"), ("errors.deadletterqueue.topic.name", "dead")];
        let options = [&BY_ID[..], &tolerant].concat();
        let outcome = stage.poll(&journal, &options).await.expect("an outcome");
        assert_eq!((outcome.error(), outcome.is_done), (None, true));
        let letters = journal.take_letters();
        let [letter] = letters.as_slice() else { panic!("{letters:?}") };
        assert_eq!(&letter.row.value[..], br#"{"id":3}"#);
        assert_eq!(journal.take().len(), 2, "those behind it are read");
    });
}
