//! What the server fills in: defaults, numbers, generated columns.

use crate::support::{BY_KEY, INSERT, UPDATE, UPSERT, all_written, everywhere, refused};

/// What a generated column's expression trips over is the row's own fault.
#[test]
fn a_row_that_a_generated_column_cannot_be_made_of() {
    everywhere("table_divided", async |stage| {
        stage
            .sql("CREATE TABLE t (id int PRIMARY KEY, n int, part int GENERATED ALWAYS AS (100 / n) STORED)")
            .await;
        for options in [INSERT, UPSERT] {
            stage.sql("DELETE FROM t").await;
            let values =
                (0..20).map(|id| format!(r#"{{"id":{id},"n":{}}}"#, if id == 7 { 0 } else { 5 }));
            assert_eq!(refused(&stage.deliver("t", options, values).await), [(7, Some("1365"))]);
            assert_eq!(stage.column("SELECT COUNT(*) FROM t WHERE part = 20").await, ["19"]);
        }
    });
}

#[test]
fn numbers_count_on_or_take_what_is_given() {
    everywhere("table_numbers", async |stage| {
        stage
            .sql("CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, v text) AUTO_INCREMENT = 100")
            .await;
        let values =
            [r#"{"v":"a"}"#, r#"{"id":7,"v":"b"}"#, r#"{"id":8}"#, r#"{"id":0,"v":"zero"}"#];
        assert_eq!(stage.deliver("t", INSERT, values).await, Ok(all_written(4)));
        let values = [r#"{"id":7,"v":"c"}"#, r#"{"id":9}"#, r#"{"id":0,"v":"still"}"#];
        assert_eq!(stage.deliver("t", UPSERT, values).await, Ok(all_written(3)));
        let rows = stage.rows("SELECT id, v FROM t ORDER BY id").await;
        assert_eq!(rows, [["0", "still"], ["7", "c"], ["8", "∅"], ["9", "∅"], ["100", "a"]]);
        let outcome = stage.deliver("t", INSERT, [r#"{"id":null,"v":"n"}"#, r#"{"v":"m"}"#]).await;
        assert_eq!(refused(&outcome), [(0, None)]);
        let message = &outcome.unwrap().failures[0].cause.message;
        assert!(message.contains("another value in place of null"), "{message}");
        assert_eq!(stage.column("SELECT v FROM t WHERE id > 100").await, ["m"]);
    });
}

/// A null in a column that must not be null, however many rows surround it: MySQL would take it
/// for an implicit default in a statement of many rows if it were not strict.
#[test]
fn a_null_among_many_is_no_zero() {
    everywhere("table_null_many", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL, v varchar(9))").await;
        for options in [INSERT, UPSERT] {
            for bad in [0, 600, 1_999] {
                stage.sql("TRUNCATE t").await;
                let value = |id| match id == bad {
                    true => format!(r#"{{"id":{id},"n":null,"v":"x"}}"#),
                    false => format!(r#"{{"id":{id},"n":1,"v":null}}"#),
                };
                let outcome = stage.deliver("t", options, (0..2_000).map(value)).await;
                assert_eq!(refused(&outcome).iter().map(|it| it.0).collect::<Vec<_>>(), [bad]);
                let rows = "SELECT COUNT(*), SUM(n), COUNT(v) FROM t";
                assert_eq!(stage.rows(rows).await, [["1999", "1999", "0"]], "{options:?}");
            }
        }
    });
}

/// In a bulk the first row decides what the server takes the others for.
#[test]
fn nulls_first_and_values_later() {
    everywhere("table_null_first", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, n int, v varchar(9), b blob)").await;
        for options in [INSERT, UPSERT] {
            stage.sql("TRUNCATE t").await;
            let value = |id| match id % 2 {
                0 => format!(r#"{{"id":{id},"n":null,"v":null,"b":null}}"#),
                _ => format!(r#"{{"id":{id},"n":{id},"v":"v{id}","b":"AAE="}}"#),
            };
            let outcome = stage.deliver("t", options, (0..100).map(value)).await;
            assert_eq!(outcome, Ok(all_written(100)));
            let rows =
                "SELECT COUNT(n), SUM(n = id), SUM(v = CONCAT('v', id)), SUM(b = x'0001') FROM t";
            assert_eq!(stage.rows(rows).await, [["50", "50", "50", "50"]]);
        }
    });
}

/// The server takes the first label of an ENUM that must not be null for its default.
#[test]
fn a_label_left_out() {
    everywhere("table_label", async |stage| {
        stage
            .sql("CREATE TABLE t (id int PRIMARY KEY, e enum('first','second') NOT NULL, v text)")
            .await;
        stage.sql("INSERT INTO t VALUES (1, 'second', 'old')").await;
        let values = [r#"{"id":1,"v":"new"}"#, r#"{"id":2,"v":"new"}"#];
        assert_eq!(stage.deliver("t", UPSERT, values).await, Ok(all_written(2)));
        let rows = [["1", "second", "new"], ["2", "first", "new"]];
        assert_eq!(stage.rows("SELECT * FROM t ORDER BY id").await, rows);
        let outcome =
            stage.deliver("t", INSERT, [r#"{"id":3,"e":null}"#, r#"{"id":4,"e":""}"#]).await;
        assert_eq!(refused(&outcome).len(), 2, "{outcome:?}");
        assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["2"]);
    });
}

/// A time that is set by itself stays as the record says, and is set where it says nothing.
#[test]
fn a_timestamp_that_sets_itself() {
    everywhere("table_stamp", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY, v int, at timestamp NOT NULL \
                 DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP)",
            )
            .await;
        stage.sql("INSERT INTO t VALUES (1, 1, '2001-01-01')").await;
        let given = [r#"{"id":2,"v":1,"at":"2002-02-02T00:00:00Z"}"#, r#"{"id":3,"v":1}"#];
        assert_eq!(stage.deliver("t", UPSERT, given).await, Ok(all_written(2)));
        assert_eq!(stage.deliver("t", UPSERT, [r#"{"id":1,"v":2}"#]).await, Ok(all_written(1)));
        let nulls = stage.deliver("t", INSERT, [r#"{"id":4,"v":1,"at":null}"#]).await;
        assert_eq!(refused(&nulls).len(), 1, "{nulls:?}");
        let rows = "SELECT id, v, YEAR(at) > 2020, YEAR(at) = 2002 FROM t ORDER BY id";
        let expected = [["1", "2", "1", "0"], ["2", "1", "0", "1"], ["3", "1", "1", "0"]];
        assert_eq!(stage.rows(rows).await, expected);
    });
}

/// A partial update touches only what it names.
#[test]
fn an_update_and_an_upsert_keep_what_they_do_not_name() {
    everywhere("table_kept", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 1, b text)").await;
        stage.sql("INSERT INTO t VALUES (1, 5, 'b')").await;
        for options in [UPDATE, UPSERT] {
            let written = stage.deliver("t", options, [r#"{"id":1,"b":"c"}"#]).await;
            assert_eq!(written, Ok(all_written(1)));
        }
        assert_eq!(stage.rows("SELECT * FROM t").await, [["1", "5", "c"]]);
        assert_eq!(stage.deliver_key("t", "1", None).await, Ok(all_written(1)), "{BY_KEY:?}");
    });
}
