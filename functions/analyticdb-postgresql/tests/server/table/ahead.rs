//! Rows that set out while the next are still being mapped, and what stops them half way.

use sluice_testkit::{EventBuilder, invocation};

use crate::support::{INSERT, Options, UPSERT, all_written, deliver, on_stage, refused};

const MANY: usize = 3_000;
/// Well behind the rows that set out first.
const LATE: usize = 2_100;

const PLAIN: Options<'_> = &[];

fn values(value: impl Fn(usize) -> String) -> impl Iterator<Item = String> {
    (0..MANY).map(value)
}

/// What a late record of another shape, a refused row and a record that is no row come to, in the
/// middle of a COPY.
#[test]
fn a_late_record_of_another_kind() {
    on_stage("table_ahead", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v int CHECK (v >= 0), w text)").await;
        let late: [(&str, Vec<usize>, usize); 5] = [
            // Another column: it and those behind it go in a batch of their own.
            (r#"{"id":ID,"v":1,"w":"here"}"#, vec![], MANY),
            (r#"{"id":ID,"v":-1}"#, vec![LATE], MANY - 1),
            (r#"{"id":ID,"v":"x"}"#, vec![LATE], MANY - 1),
            ("no JSON", vec![LATE], MANY - 1),
            // A key that was there before.
            (r#"{"id":0,"v":7}"#, vec![LATE], MANY - 1),
        ];
        let mut sink = stage.sink();
        for (late, lettered, rows) in &late {
            stage.sql("TRUNCATE t").await;
            let value = |id: usize| match id {
                LATE => late.replace("ID", &id.to_string()),
                _ => format!(r#"{{"id":{id},"v":{id}}}"#),
            };
            let outcome = deliver(&mut sink, "t", INSERT, values(value)).await;
            let records: Vec<_> = refused(&outcome).into_iter().map(|(record, _)| record).collect();
            assert_eq!(records, *lettered, "{late}");
            assert_eq!(outcome.expect("it is written").written, *rows, "{late}");
            let found = stage.column("SELECT count(*) FROM t WHERE w IS NULL OR w = 'here'").await;
            assert_eq!(found, [rows.to_string()], "{late}");
        }
    });
}

/// The second row of a key is written behind the first, and behind it all others.
#[test]
fn a_key_that_comes_again() {
    on_stage("table_ahead_again", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v int)").await;
        let mut sink = stage.sink();
        for round in 0..3 {
            // Keys fall, so that the server has to sort them.
            let value = |nth: usize| match nth {
                LATE => format!(r#"{{"id":{MANY},"v":{}}}"#, round + 7),
                _ => format!(r#"{{"id":{},"v":{round}}}"#, MANY - nth),
            };
            let outcome = deliver(&mut sink, "t", UPSERT, values(value)).await;
            assert_eq!(outcome, Ok(all_written(MANY)));
            let found = format!("SELECT count(*), min(v), max(v) FROM t WHERE v = {round}");
            let others = (MANY - 2).to_string();
            let round_text = round.to_string();
            assert_eq!(stage.rows(&found).await, [[others, round_text.clone(), round_text]]);
            let again = format!("SELECT v FROM t WHERE id = {MANY}");
            assert_eq!(stage.column(&again).await, [(round + 7).to_string()]);
        }
    });
}

/// What cannot be mapped gives everything back, leaves nothing, and the connection goes on.
#[test]
fn without_tolerance_nothing_of_it_stays() {
    on_stage("table_ahead_none", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY)").await;
        let mut sink = stage.sink_named("ahead_none", &[]);
        let pid = "SELECT pid FROM pg_stat_activity WHERE application_name = 'ahead_none'";
        let good = deliver(&mut sink, "t", PLAIN, values(|id| format!(r#"{{"id":{id}}}"#))).await;
        assert_eq!(good, Ok(all_written(MANY)));
        let before = stage.column(pid).await;
        let bad = |id: usize| match id {
            LATE => "no JSON".to_owned(),
            _ => format!(r#"{{"id":{}}}"#, MANY + id),
        };
        let given_back = deliver(&mut sink, "t", PLAIN, values(bad)).await.expect_err("one is bad");
        assert_eq!(given_back.culprit.map(|(record, _)| record), Some(LATE));
        assert_eq!(stage.column("SELECT count(*) FROM t").await, [MANY.to_string()]);
        let more = deliver(&mut sink, "t", PLAIN, [format!(r#"{{"id":{MANY}}}"#)]).await;
        assert_eq!(more, Ok(all_written(1)));
        assert_eq!((before.len(), stage.column(pid).await), (1, before));
    });
}

/// A connection that is cut under the rows on their way costs nothing but another attempt.
#[test]
fn a_connection_that_is_cut_on_the_way() {
    on_stage("table_ahead_cut", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY); CREATE SEQUENCE cuts; CREATE FUNCTION cut() \
                 RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN \
                 IF nextval('cuts') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); \
                 END IF; RETURN NEW; END $$; CREATE TRIGGER cut BEFORE INSERT ON t FOR EACH ROW \
                 WHEN (NEW.id = 400) EXECUTE PROCEDURE cut()",
            )
            .await;
        for options in [INSERT, UPSERT] {
            stage.sql("TRUNCATE t; ALTER SEQUENCE cuts RESTART").await;
            let mut sink = stage.sink();
            let event =
                EventBuilder::msk().values("t", 0, values(|id| format!(r#"{{"id":{id}}}"#)));
            let body = event.build();
            let rules = invocation::rules(options);
            let outcome = invocation::deliver(&mut sink, &body, &rules).await;
            assert_eq!(outcome, Ok(all_written(MANY)), "{options:?}");
            assert_eq!(stage.column("SELECT last_value FROM cuts").await, ["2"]);
            assert_eq!(stage.column("SELECT count(*) FROM t").await, [MANY.to_string()]);
        }
    });
}
