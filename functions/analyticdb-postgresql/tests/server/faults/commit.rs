//! The connection is lost around the commit: whether it happened is asked, not guessed, so that
//! even plain inserts are neither lost nor doubled.

use sluice_bridge::model::failure::{Fault, GivenBack};
use sluice_bridge::run::outcome::Outcome;

use crate::cut::{Cut, through};
use crate::support::{INSERT, Stage, all_written, configure, deliver, on_stage};

const ROWS: [&str; 2] = [r#"{"v":"a"}"#, r#"{"v":"b"}"#];

async fn deliver_through(stage: &Stage, cut: Cut) -> Result<Outcome, GivenBack> {
    stage.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (v text)").await;
    let url = through(cut, &stage.url(&[])).await;
    let mut sink = configure(&[("connection.url", &url)]).expect("the options are good");
    deliver(&mut sink, "t", INSERT, ROWS).await
}

#[test]
fn a_commit_whose_answer_is_lost_has_happened() {
    on_stage("faults_commit_after", async |stage| {
        let delivered = deliver_through(stage, Cut::AfterCommit).await;
        if stage.is_since(100_000).await {
            assert_eq!(delivered, Ok(all_written(2)));
        } else {
            // Such a server cannot be asked: the records come again.
            assert_eq!(delivered.expect_err("nobody knows").error.fault, Fault::Transient);
        }
        assert_eq!(stage.column("SELECT v FROM t ORDER BY v").await, ["a", "b"]);
    });
}

#[test]
fn a_commit_that_never_arrived_has_not() {
    on_stage("faults_commit_before", async |stage| {
        let given_back = deliver_through(stage, Cut::BeforeCommit).await.unwrap_err();
        assert_eq!(given_back.error.fault, Fault::Transient);
        assert_eq!(stage.column("SELECT v FROM t").await, Vec::<String>::new());
    });
}

#[test]
fn where_nobody_can_be_asked_everything_is_given_back() {
    on_stage("faults_commit_alone", async |stage| {
        let given_back = deliver_through(stage, Cut::AfterCommitForGood).await.unwrap_err();
        assert_eq!(given_back.error.fault, Fault::Transient);
    });
}
