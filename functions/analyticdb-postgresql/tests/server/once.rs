//! `exactly.once.enabled=true`: who waits too long, and the table that progress is kept in.

use sluice_bridge::model::failure::Fault;

use crate::support::{Options, Stage, all_written, deliver, on_stage};

const ONCE: Options<'_> =
    &[("exactly.once.enabled", "true"), ("name", "once"), ("errors.tolerance", "all")];
const ROWS: [&str; 3] = [r#"{"v":"a"}"#, r#"{"v":"b"}"#, r#"{"v":"c"}"#];

async fn plain(stage: &Stage) {
    stage.sql("CREATE TABLE t (v text)").await;
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
fn a_table_of_offsets_that_cannot_be_made() {
    on_stage("once_nowhere", async |stage| {
        plain(stage).await;
        let elsewhere = [ONCE, &[("offsets.table", "no_such_schema.progress")]].concat();
        let given_back = stage.deliver("t", &elsewhere, ROWS).await.expect_err("no such schema");
        assert_eq!(given_back.error.fault, Fault::Fatal);
        let told = given_back.error.to_string();
        assert!(
            told.starts_with(
                "the offsets table \"no_such_schema\".\"progress\" cannot be created: "
            ),
            "{told}"
        );
    });
}

/// A place that somebody deletes is one that was never reached.
#[test]
fn a_place_can_be_forgotten() {
    on_stage("once_forgotten", async |stage| {
        plain(stage).await;
        for _ in 0..2 {
            assert_eq!(stage.deliver("t", ONCE, ROWS).await, Ok(all_written(3)));
            let of_t = "connector = 'once' AND \"table\" = '\"t\"'";
            stage.sql(&format!("DELETE FROM sluice_offsets WHERE {of_t}")).await;
        }
    });
}
