//! `exactly.once.enabled=true`: invocations that race, connections that are lost, and the table
//! that progress is kept in.

use std::time::Duration;

use sluice_bridge::failure::Fault;
use sluice_bridge::sink::Sink;
use sluice_testkit::{EventBuilder, invocation};

use crate::support::{Options, Stage, all_written, deliver, on_stage};

const ONCE: Options<'_> =
    &[("exactly.once.enabled", "true"), ("name", "once"), ("errors.tolerance", "all")];
const ROWS: [&str; 3] = [r#"{"v":"a"}"#, r#"{"v":"b"}"#, r#"{"v":"c"}"#];

async fn plain(stage: &Stage) {
    stage.sql("CREATE TABLE t (v text)").await;
}

/// What `offsets.table` says.
async fn reached(stage: &Stage) -> Vec<String> {
    let rows = stage.rows(
        "SELECT topic, \"partition\", \"table\", next_offset FROM sluice_offsets ORDER BY 1, 2, 3",
    );
    rows.await.into_iter().map(|row| row.join(" ")).collect()
}

/// One invocation writes, and another with the same records waits for it to end.
async fn race(
    stage: &Stage,
    end: impl AsyncFnOnce(&mut analyticdb_postgresql::PostgresSink),
) -> usize {
    let (mut first, mut second) = (stage.sink(), stage.sink_named("second", &[]));
    let rules = invocation::rules(ONCE);
    let body = EventBuilder::msk().values("t", 0, ROWS).build();
    invocation::write(&mut first, &body, &rules).await.expect("it is written");
    let racing = deliver(&mut second, "t", ONCE, ROWS);
    let ending = async {
        let waits = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'second' AND wait_event_type = 'Lock'";
        while stage.column(waits).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        end(&mut first).await;
    };
    let (outcome, ()) = futures_util::future::join(racing, ending).await;
    outcome.expect("the race is no fault").written
}

#[test]
fn a_race_for_a_new_partition_is_won_by_one() {
    on_stage("once_race_new", async |stage| {
        plain(stage).await;
        stage.deliver("u", ONCE, ROWS).await.expect_err("there is no such table");
        let written = race(stage, async |first| first.commit().await.expect("it commits")).await;
        assert_eq!(written, 0);
        assert_eq!(stage.column("SELECT v FROM t ORDER BY v").await, ["a", "b", "c"]);
        assert_eq!(reached(stage).await, ["t 0 \"t\" 3"]);
    });
}

#[test]
fn a_race_for_a_known_partition_is_won_by_one() {
    on_stage("once_race", async |stage| {
        plain(stage).await;
        stage.sql("CREATE TABLE u (v text)").await;
        stage.deliver("u", ONCE, ROWS).await.expect("it is written");
        let event = EventBuilder::msk().values("t", 1, ROWS).build();
        let rules = invocation::rules(ONCE);
        invocation::deliver(&mut stage.sink(), &event, &rules).await.expect("it is written");
        let written = race(stage, async |first| first.commit().await.expect("it commits")).await;
        assert_eq!(written, 0);
        assert_eq!(stage.column("SELECT count(*) FROM t").await, ["6"]);
        assert_eq!(reached(stage).await, ["t 0 \"t\" 3", "t 1 \"t\" 3", "u 0 \"u\" 3"]);
    });
}

#[test]
fn many_first_invocations_make_one_table_of_offsets() {
    on_stage("once_first", async |stage| {
        plain(stage).await;
        let options = [ONCE, &[("max.retries", "10")]].concat();
        let race = async |nth: i32| {
            let body = EventBuilder::msk().values("t", nth, ROWS).build();
            invocation::deliver(&mut stage.sink(), &body, &invocation::rules(&options)).await
        };
        let outcomes = futures_util::future::join_all((0..8).map(race)).await;
        assert!(outcomes.iter().all(|outcome| *outcome == Ok(all_written(3))), "{outcomes:?}");
        assert_eq!(reached(stage).await.len(), 8);
    });
}

#[test]
fn who_waits_for_one_that_fails_writes_instead() {
    on_stage("once_race_lost", async |stage| {
        plain(stage).await;
        let written = race(stage, async |first| first.abandon().await).await;
        assert_eq!(written, 3);
        assert_eq!(stage.column("SELECT count(*) FROM t").await, ["3"]);
    });
}

#[test]
fn who_waits_too_long_gives_back() {
    on_stage("once_wait", async |stage| {
        plain(stage).await;
        stage.deliver("t", ONCE, ROWS).await.expect("it is written");
        stage.sql("BEGIN; SELECT FROM sluice_offsets FOR UPDATE").await;
        let mut sink = stage.sink_with(&["lock_timeout=50ms"]);
        let options = [ONCE, &[("max.retries", "0")]].concat();
        let given_back = deliver(&mut sink, "t", &options, ROWS).await.expect_err("it is locked");
        assert_eq!(given_back.error.fault, Fault::Transient);
        stage.sql("COMMIT").await;
        assert_eq!(deliver(&mut sink, "t", ONCE, ROWS).await.expect("it is free").filtered, 3);
    });
}

#[test]
fn the_table_of_offsets_can_be_named_and_made_by_hand() {
    on_stage("once_named", async |stage| {
        plain(stage).await;
        let named = [ONCE, &[("offsets.table", "once_named.progress")]].concat();
        assert_eq!(stage.deliver("t", &named, ROWS).await, Ok(all_written(3)));
        assert_eq!(stage.column("SELECT next_offset FROM progress").await, ["3"]);
        let elsewhere = [ONCE, &[("offsets.table", "no_such_schema.progress")]].concat();
        let given_back = stage.deliver("t", &elsewhere, ROWS).await.expect_err("no such schema");
        assert_eq!(given_back.error.fault, Fault::Fatal);
        let told = given_back.error.to_string();
        assert!(
            told.starts_with("the offsets table \"no_such_schema\".\"progress\" cannot be made: "),
            "{told}"
        );
    });
}

#[test]
fn connectors_and_tables_keep_their_own_places() {
    on_stage("once_owners", async |stage| {
        plain(stage).await;
        stage.sql("CREATE TABLE u (v text)").await;
        let deliver = async |extra: Options<'_>| {
            let outcome = stage.deliver("t", &[ONCE, extra].concat(), ROWS).await;
            outcome.expect("it is written").written
        };
        assert_eq!(deliver(&[]).await, 3);
        assert_eq!(deliver(&[("name", "other")]).await, 3);
        assert_eq!(deliver(&[("table.name.format", "u")]).await, 3);
        assert_eq!(deliver(&[]).await, 0);
        stage
            .sql("DELETE FROM sluice_offsets WHERE connector = 'once' AND \"table\" = '\"t\"'")
            .await;
        assert_eq!(deliver(&[]).await, 3);
    });
}

#[test]
fn rows_that_are_refused_do_no_harm_to_the_offsets() {
    on_stage("once_refused", async |stage| {
        stage.sql("CREATE TABLE t (v text CHECK (v <> 'b'))").await;
        let outcome = stage.deliver("t", ONCE, ROWS).await.expect("nothing is given back");
        assert_eq!((outcome.written, outcome.failures.len()), (2, 1));
        let outcome =
            stage.deliver("t", ONCE, ["{\"v\":\"b\"}"]).await.expect("nothing is given back");
        assert_eq!((outcome.written, outcome.filtered), (0, 1));
        assert_eq!(reached(stage).await, ["t 0 \"t\" 3"]);
    });
}
