//! Triggers: what they refuse, fill in, trip over and write elsewhere.

use sluice_bridge::model::failure::Fault;

use crate::support::{INSERT, UPSERT, all_written, everywhere, refused};

const BAD: usize = 700;

fn values(count: usize, is_bad: impl Fn(usize) -> bool) -> impl Iterator<Item = String> {
    (0..count).map(move |id| {
        format!(r#"{{"id":{id},"v":"{}"}}"#, if is_bad(id) { "bad" } else { "fine" })
    })
}

#[test]
fn a_trigger_that_refuses_a_row() {
    everywhere("trigger_signal", async |stage| {
        for (when, state, code) in
            [("BEFORE", "45000", "1644"), ("AFTER", "45000", "1644"), ("BEFORE", "22012", "1644")]
        {
            stage
                .sql(&format!(
                    "DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, v text); \
                     CREATE TRIGGER judge {when} INSERT ON t FOR EACH ROW BEGIN \
                     IF NEW.v = 'bad' THEN SIGNAL SQLSTATE '{state}' SET MESSAGE_TEXT = 'bad at row 1'; \
                     END IF; END"
                ))
                .await;
            for options in [INSERT, UPSERT] {
                for count in [1, 2, 9, 1_500] {
                    stage.sql("DELETE FROM t").await;
                    let bad = BAD.min(count - 1);
                    let outcome = stage.deliver("t", options, values(count, |id| id == bad)).await;
                    assert_eq!(
                        refused(&outcome),
                        [(bad, Some(code))],
                        "{when} {state} {options:?} {count}"
                    );
                    let message = &outcome.as_ref().unwrap().failures[0].cause.message;
                    assert!(!message.contains("bad"), "{message}");
                    let left = stage.column("SELECT COUNT(*) FROM t").await;
                    assert_eq!(left, [(count - 1).to_string()]);
                }
            }
        }
    });
}

/// What it looks for may be there several times, or not at all, for one row and not for the others.
#[test]
fn a_trigger_that_does_not_find_one_row() {
    everywhere("trigger_finds", async |stage| {
        let found = "SELECT n FROM other WHERE v = NEW.v";
        for (code, body) in [
            ("1242", format!("SET NEW.n = ({found})")),
            ("1172", format!("BEGIN DECLARE one int; {found} INTO one; SET NEW.n = one; END")),
            (
                "1329",
                format!(
                    "BEGIN DECLARE one int; DECLARE c CURSOR FOR {found} AND NEW.v <> 'bad'; \
                     OPEN c; FETCH c INTO one; CLOSE c; END"
                ),
            ),
        ] {
            stage
                .sql(&format!(
                    "DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS other; \
                     CREATE TABLE t (id int PRIMARY KEY, v varchar(9), n int); \
                     CREATE TABLE other (v varchar(9), n int); \
                     INSERT INTO other VALUES ('fine', 1), ('bad', 1), ('bad', 2); \
                     CREATE TRIGGER look BEFORE INSERT ON t FOR EACH ROW {body}"
                ))
                .await;
            for options in [INSERT, UPSERT] {
                for count in [1, 9, 1_500] {
                    stage.sql("DELETE FROM t").await;
                    let bad = BAD.min(count - 1);
                    let outcome = stage.deliver("t", options, values(count, |id| id == bad)).await;
                    assert_eq!(refused(&outcome), [(bad, Some(code))], "{options:?} {count}");
                    let left = stage.column("SELECT COUNT(*) FROM t").await;
                    assert_eq!(left, [(count - 1).to_string()]);
                }
            }
        }
    });
}

/// What it says of its own rows must not be taken for one of ours: the first is innocent.
#[test]
fn a_trigger_whose_own_insert_fails() {
    everywhere("trigger_insert", async |stage| {
        for (columns, cells, code) in [
            ("v varchar(3)", "(NEW.v)", "1406"),
            ("v varchar(3)", "('a'), (NEW.v)", "1406"),
            ("v int", "(IF(NEW.v = 'bad', 'many', '1'))", "1366"),
            ("v tinyint", "(IF(NEW.v = 'bad', 1000, 1))", "1264"),
            ("v int NOT NULL", "(IF(NEW.v = 'bad', NULL, 1))", "1048"),
        ] {
            stage
                .sql(&format!(
                    "DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS log; CREATE TABLE log ({columns}); \
                     CREATE TABLE t (id int PRIMARY KEY, v varchar(9)); \
                     CREATE TRIGGER note BEFORE INSERT ON t FOR EACH ROW \
                     INSERT INTO log VALUES {}",
                    cells.replace("(NEW.v)", "(IF(NEW.v = 'bad', 'long', 'ok'))")
                ))
                .await;
            for options in [INSERT, UPSERT] {
                // Of many bad rows those that come later are told from fifteen others each.
                let last = |count: usize| vec![BAD.min(count - 1)];
                let many = (50..1_500).step_by(150).collect();
                for (count, bad) in
                    [(2, last(2)), (9, last(9)), (1_500, last(1_500)), (1_500, many)]
                {
                    stage.sql("DELETE FROM t; DELETE FROM log").await;
                    let rows = values(count, |id| bad.contains(&id));
                    let outcome = stage.deliver("t", options, rows).await;
                    let expected: Vec<_> = bad.iter().map(|&id| (id, Some(code))).collect();
                    assert_eq!(refused(&outcome), expected, "{cells} {options:?} {count}");
                    let left = stage.column("SELECT COUNT(*) FROM t WHERE v = 'fine'").await;
                    assert_eq!(left, [(count - bad.len()).to_string()]);
                }
            }
        }
    });
}

/// Who may only write does not see the triggers, and rows are found all the same.
#[test]
fn a_trigger_that_is_out_of_sight() {
    everywhere("trigger_hidden", async |stage| {
        stage
            .sql(
                "CREATE TABLE log (v varchar(4)); CREATE TABLE t (id int PRIMARY KEY, v varchar(9)); \
                 CREATE TRIGGER note BEFORE INSERT ON t FOR EACH ROW \
                 INSERT INTO log VALUES (IF(NEW.v = 'bad', 'too long', 'ok'))",
            )
            .await;
        let grants = ["SELECT, INSERT, UPDATE ON trigger_hidden.t"];
        let mut sink = stage.sink_of_user(&grants).await;
        for options in [INSERT, UPSERT] {
            stage.sql("DELETE FROM t").await;
            let rows = values(1_500, |id| id == BAD);
            let outcome = crate::support::deliver(&mut sink, "t", options, rows).await;
            assert_eq!(refused(&outcome), [(BAD, Some("1406"))], "{options:?}");
            assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["1499"]);
        }
    });
}

#[test]
fn a_trigger_that_fills_what_must_not_be_null() {
    everywhere("trigger_fill", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY, v varchar(9), must varchar(9) NOT NULL); \
                 CREATE TRIGGER fill BEFORE INSERT ON t FOR EACH ROW \
                 SET NEW.must = COALESCE(NEW.must, CONCAT('of ', NEW.v))",
            )
            .await;
        for options in [INSERT, UPSERT] {
            for count in [1, 3, 1_200] {
                stage.sql("DELETE FROM t").await;
                let nulls = (0..count).map(|id| format!(r#"{{"id":{id},"v":"a","must":null}}"#));
                assert_eq!(stage.deliver("t", options, nulls).await, Ok(all_written(count)));
                let filled = stage.column("SELECT COUNT(*) FROM t WHERE must = 'of a'").await;
                assert_eq!(filled, [count.to_string()], "{options:?}");
            }
        }
    });
}

/// What is broken in a trigger is nobody's row's fault.
#[test]
fn a_broken_trigger_is_fatal() {
    everywhere("trigger_broken", async |stage| {
        stage
            .sql(
                "CREATE TABLE log (v text); CREATE TABLE t (id int PRIMARY KEY, v text); \
                 CREATE TRIGGER note AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES (NEW.v); \
                 DROP TABLE log",
            )
            .await;
        for options in [INSERT, UPSERT] {
            for count in [1, 1_200] {
                let error = stage
                    .deliver("t", options, values(count, |_| false))
                    .await
                    .expect_err("no log")
                    .error;
                assert_eq!(
                    (error.fault, error.cause.code.as_deref()),
                    (Fault::Fatal, Some("1146"))
                );
                assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["0"]);
            }
        }
    });
}
