//! Refusals that depend on other rows, where PostgreSQL has more than other databases: constraints
//! that are checked later, exclusions, triggers, partitions.

use sluice_testkit::invocation::{BY_KEY, refused};
use sluice_testkit::{EventBuilder, invocation};

use crate::support::{INSERT, UPSERT, all_written, deliver, on_stage};

/// Two rows refer to each other, a third refers to nothing: it alone is refused.
#[test]
fn rows_that_refer_to_each_other_beside_one_that_refers_to_nothing() {
    on_stage("conflicts_family", async |stage| {
        for options in [INSERT, UPSERT] {
            stage
                .sql(
                    "DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, \
                     up int REFERENCES t DEFERRABLE INITIALLY DEFERRED)",
                )
                .await;
            let mut sink = stage.sink();
            let values = [r#"{"id":1,"up":2}"#, r#"{"id":2,"up":1}"#, r#"{"id":3,"up":9}"#];
            let outcome = deliver(&mut sink, "t", options, values).await;
            assert_eq!(refused(&outcome), [(2, Some("23503"))], "{options:?}");
            assert_eq!(stage.column("SELECT id FROM t ORDER BY id").await, ["1", "2"]);
        }
    });
}

/// A range passes from one row to another through a moment at which none has it.
#[test]
fn a_range_that_passes_from_row_to_row() {
    on_stage("conflicts_range", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY, r int4range, EXCLUDE USING gist (r WITH &&)); \
                 INSERT INTO t VALUES (1, '[0,10)'), (2, '[10,20)')",
            )
            .await;
        let mut sink = stage.sink();
        let values =
            [r#"{"id":1,"r":"[20,30)"}"#, r#"{"id":2,"r":"[0,10)"}"#, r#"{"id":1,"r":"[10,20)"}"#];
        assert_eq!(deliver(&mut sink, "t", UPSERT, values).await, Ok(all_written(3)));
        let rows = stage.column("SELECT id || ' ' || r FROM t ORDER BY id").await;
        assert_eq!(rows, ["1 [10,20)", "2 [0,10)"]);
    });
}

/// A trigger, of the table or of one of its partitions, sees a delete behind the put before it.
#[test]
fn a_trigger_sees_the_order_of_puts_and_deletes() {
    on_stage("conflicts_trigger", async |stage| {
        let note = "CREATE OR REPLACE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                    IF TG_OP = 'DELETE' THEN INSERT INTO seen (what) VALUES (TG_OP || OLD.id); \
                    ELSE INSERT INTO seen (what) VALUES (TG_OP || NEW.id); END IF; \
                    RETURN NULL; END $$";
        stage
            .sql(&format!(
                "CREATE TABLE seen (n serial, what text); {note}; \
                 CREATE TABLE t (id int PRIMARY KEY, v int); \
                 CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON t FOR EACH ROW \
                 EXECUTE PROCEDURE note(); INSERT INTO t VALUES (1, 1); TRUNCATE seen"
            ))
            .await;
        let event = EventBuilder::msk().keyed(
            "t",
            0,
            [
                (r#"{"id":2}"#, Some(r#"{"v":1}"#)),
                (r#"{"id":1}"#, None),
                (r#"{"id":3}"#, Some(r#"{"v":1}"#)),
            ],
        );
        let mut sink = stage.sink();
        let outcome =
            invocation::deliver(&mut sink, &event.build(), &invocation::rules(BY_KEY)).await;
        assert_eq!(outcome, Ok(all_written(3)));
        let seen = stage.column("SELECT what FROM seen ORDER BY n").await;
        assert_eq!(seen, ["INSERT2", "DELETE1", "INSERT3"]);
    });
}

/// A record that leaves out what a domain or a BEFORE trigger wants of a new row changes one that
/// exists, alone and among others, and without tolerance.
#[test]
fn what_only_a_new_row_needs_is_not_asked_of_one_that_exists() {
    on_stage("conflicts_new", async |stage| {
        let full = "CREATE FUNCTION full_() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                    IF NEW.note IS NULL THEN RAISE EXCEPTION 'no note'; END IF; RETURN NEW; END $$";
        stage.sql(&format!("{full}; CREATE DOMAIN filled AS text NOT NULL")).await;
        for declared in ["note filled", "note text"] {
            for tolerance in ["all", "none"] {
                stage
                    .sql(&format!(
                        "DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, {declared}, v int); \
                         CREATE TRIGGER full_ BEFORE INSERT ON t FOR EACH ROW EXECUTE PROCEDURE full_(); \
                         INSERT INTO t SELECT n, 'n', 0 FROM generate_series(1, 2000) AS n"
                    ))
                    .await;
                let options = &[UPSERT, &[("errors.tolerance", tolerance)]].concat();
                let mut sink = stage.sink();
                for many in [1, 5, 2_000] {
                    let values = (1..=many).map(|id| format!(r#"{{"id":{id},"v":{many}}}"#));
                    let outcome = deliver(&mut sink, "t", options, values).await;
                    assert_eq!(outcome, Ok(all_written(many)), "{declared} {tolerance}");
                    let changed = format!("SELECT count(*) FROM t WHERE v = {many} AND note = 'n'");
                    assert_eq!(stage.column(&changed).await, [many.to_string()]);
                }
            }
        }
    });
}
