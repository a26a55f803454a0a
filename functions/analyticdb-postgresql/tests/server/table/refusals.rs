//! Rows that the table itself refuses: each costs itself and nothing else.

use sluice_testkit::{EventBuilder, invocation};

use crate::support::{INSERT, UPSERT, all_written, on_stage, refused};

/// Ten rows, of which the fourth and the last hold `"bad"`.
fn values() -> Vec<String> {
    let bad = [3, 9];
    (0..10)
        .map(|id| {
            let text = if bad.contains(&id) { "bad".to_owned() } else { format!("v{id}") };
            format!(r#"{{"id":{id},"v":"{text}"}}"#)
        })
        .collect()
}

/// Delivers ten rows to a table that refuses the two bad ones, by both ways in.
fn check(schema: &str, setup: &str, code: &str) {
    on_stage(schema, async |stage| {
        for options in [INSERT, UPSERT] {
            stage.sql("DROP TABLE IF EXISTS t, other CASCADE").await;
            stage.sql(setup).await;
            let outcome = stage.deliver("t", options, values()).await;
            assert_eq!(refused(&outcome), [(3, Some(code)), (9, Some(code))], "{options:?}");
            for failure in &outcome.as_ref().expect("refused rows are no fault").failures {
                let message = &failure.cause.message;
                assert!(!message.contains("bad"), "quotes the value: {message}");
            }
            let stored = stage.column("SELECT id FROM t ORDER BY id").await;
            assert_eq!(stored, ["0", "1", "2", "4", "5", "6", "7", "8"], "{options:?}");
        }
    });
}

#[test]
fn a_second_unique_index() {
    let setup =
        "CREATE TABLE t (id int PRIMARY KEY, v text UNIQUE); INSERT INTO t VALUES (99, 'bad')";
    on_stage("table_unique", async |stage| {
        for options in [INSERT, UPSERT] {
            stage.sql("DROP TABLE IF EXISTS t").await;
            stage.sql(setup).await;
            let outcome = stage.deliver("t", options, values()).await;
            assert_eq!(refused(&outcome), [(3, Some("23505")), (9, Some("23505"))]);
            let stored = stage.column("SELECT count(*) FROM t").await;
            assert_eq!(stored, ["9"]);
        }
    });
}

#[test]
fn a_check() {
    check("table_check", "CREATE TABLE t (id int PRIMARY KEY, v text CHECK (v <> 'bad'))", "23514");
}

#[test]
fn an_exclusion() {
    let setup = "CREATE TABLE t (id int PRIMARY KEY, v text, EXCLUDE USING hash (v WITH =) WHERE (v = 'bad'))";
    on_stage("table_exclusion", async |stage| {
        stage.sql(setup).await;
        let outcome = stage.deliver("t", INSERT, values()).await;
        assert_eq!(refused(&outcome), [(9, Some("23P01"))], "the first of the two is written");
        assert_eq!(stage.column("SELECT count(*) FROM t").await, ["9"]);
    });
}

#[test]
fn a_foreign_key() {
    let setup = |deferred: &str| {
        format!(
            "CREATE TABLE other (v text PRIMARY KEY); \
             INSERT INTO other SELECT 'v' || n FROM generate_series(0, 9) AS n; \
             CREATE TABLE t (id int PRIMARY KEY, v text REFERENCES other {deferred})"
        )
    };
    check("table_reference", &setup(""), "23503");
    check("table_reference_deferred", &setup("DEFERRABLE INITIALLY DEFERRED"), "23503");
}

#[test]
fn a_deferred_unique_constraint() {
    on_stage("table_unique_deferred", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY, v text UNIQUE DEFERRABLE INITIALLY DEFERRED); \
                 INSERT INTO t VALUES (99, 'bad')",
            )
            .await;
        for options in [INSERT, UPSERT] {
            stage.sql("DELETE FROM t WHERE id < 99").await;
            let outcome = stage.deliver("t", options, values()).await;
            assert_eq!(refused(&outcome), [(3, Some("23505")), (9, Some("23505"))]);
            assert_eq!(stage.column("SELECT count(*) FROM t").await, ["9"]);
        }
    });
}

const TRIGGER: &str = "CREATE TABLE t (id int PRIMARY KEY, v text); \
     CREATE OR REPLACE FUNCTION judge() RETURNS trigger LANGUAGE plpgsql AS \
     $$ BEGIN IF new.v = 'bad' THEN RAISE EXCEPTION 'no % please', new.v; END IF; RETURN new; END $$;";

#[test]
fn a_trigger_before_the_insert() {
    let create = "CREATE TRIGGER j BEFORE INSERT ON t FOR EACH ROW EXECUTE PROCEDURE judge()";
    check("table_trigger_before", &format!("{TRIGGER} {create}"), "P0001");
}

#[test]
fn a_trigger_after_the_insert() {
    let create = "CREATE TRIGGER j AFTER INSERT ON t FOR EACH ROW EXECUTE PROCEDURE judge()";
    check("table_trigger_after", &format!("{TRIGGER} {create}"), "P0001");
    let create = "CREATE CONSTRAINT TRIGGER j AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED \
                  FOR EACH ROW EXECUTE PROCEDURE judge()";
    check("table_trigger_deferred", &format!("{TRIGGER} {create}"), "P0001");
}

/// A trigger may run COPY-like text of its own: its words are not taken for a pointer.
#[test]
fn a_trigger_that_speaks_like_copy() {
    let setup = "CREATE TABLE t (id int PRIMARY KEY, v text); \
        CREATE OR REPLACE FUNCTION mislead() RETURNS trigger LANGUAGE plpgsql AS \
        $$ BEGIN IF new.v = 'bad' THEN EXECUTE E'SELECT 1 /*\\nCOPY t, line 1\\n*/ / 0'; END IF; RETURN new; END $$; \
        CREATE TRIGGER j AFTER INSERT ON t FOR EACH ROW EXECUTE PROCEDURE mislead()";
    check("table_trigger_copy", setup, "22012");
}

#[test]
fn a_key_too_long_for_its_index() {
    on_stage("table_long_key", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v text UNIQUE)").await;
        // What repeats is compressed before it is measured.
        let long: String =
            (0..20_000_u32).map(|n| format!("{:x}", n.wrapping_mul(2_654_435_761))).collect();
        let values = [r#"{"id":1,"v":"a"}"#.to_owned(), format!(r#"{{"id":2,"v":"{long}"}}"#)];
        for options in [INSERT, UPSERT] {
            stage.sql("TRUNCATE t").await;
            let outcome = stage.deliver("t", options, &values).await;
            assert_eq!(refused(&outcome), [(1, Some("54000"))]);
            assert_eq!(stage.column("SELECT id FROM t").await, ["1"]);
        }
    });
}

#[test]
fn a_trigger_may_swallow_a_row() {
    on_stage("table_swallow", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY, v text); \
                 CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; \
                 CREATE TRIGGER s BEFORE INSERT ON t FOR EACH ROW EXECUTE PROCEDURE swallow()",
            )
            .await;
        for options in [INSERT, UPSERT] {
            assert_eq!(stage.deliver("t", options, values()).await, Ok(all_written(10)));
        }
        assert_eq!(stage.column("SELECT count(*) FROM t").await, ["0"]);
    });
}

/// A deferred constraint is checked with its statement. What refers to a row of a later topic of the
/// same event comes too early, and is written once that row is there.
#[test]
fn a_deferred_reference_to_a_later_table() {
    on_stage("table_later", async |stage| {
        stage
            .sql(
                "CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE line (id int PRIMARY KEY, \
                 of int REFERENCES orders DEFERRABLE INITIALLY DEFERRED); \
                 INSERT INTO orders VALUES (6)",
            )
            .await;
        let event = EventBuilder::msk()
            .values("line", 0, [r#"{"id":1,"of":7}"#, r#"{"id":2,"of":6}"#, r#"{"id":3,"of":8}"#])
            .values("orders", 0, [r#"{"id":7}"#]);
        let rules = invocation::rules(INSERT);
        let outcome = invocation::deliver(&mut stage.sink(), &event.build(), &rules).await;
        assert_eq!(refused(&outcome), [(2, Some("23503"))]);
        assert_eq!(stage.column("SELECT of FROM line ORDER BY id").await, ["7", "6"]);
    });
}
