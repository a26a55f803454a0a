//! Rows that set out while the next are still being mapped, and what stops them half way.

use sluice_testkit::{EventBuilder, invocation};

use crate::support::{INSERT, Options, UPSERT, all_written, deliver, on_stage};

const MANY: usize = 3_000;
/// Well behind the rows that set out first.
const LATE: usize = 2_100;

const PLAIN: Options<'_> = &[];

fn values(value: impl Fn(usize) -> String) -> impl Iterator<Item = String> {
    (0..MANY).map(value)
}

/// What cannot be mapped costs the rows on their way and not the connection.
#[test]
fn the_connection_goes_on_after_what_cannot_be_mapped() {
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
