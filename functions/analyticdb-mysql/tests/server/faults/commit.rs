//! The connection is lost around the commit: nobody knows what became of it, and so the records
//! come again.

use sluice_bridge::model::failure::{Fault, GivenBack};
use sluice_bridge::run::outcome::Outcome;

use crate::cut::{Cut, through};
use crate::support::{INSERT, Stage, UPSERT, all_written, deliver, everywhere};

const ROWS: [&str; 2] = [r#"{"v":"a"}"#, r#"{"v":"b"}"#];

async fn deliver_through(stage: &mut Stage, cut: Cut) -> Result<Outcome, GivenBack> {
    stage.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (v varchar(9) PRIMARY KEY)").await;
    let url = through(cut, &stage.url()).await;
    let mut sink = stage.sink_with(&[("connection.url", &url)]);
    let outcome = deliver(&mut sink, "t", INSERT, ROWS).await;
    // The next invocation goes by another connection, and an upsert makes it invisible.
    assert_eq!(deliver(&mut sink, "t", UPSERT, ROWS).await, Ok(all_written(2)));
    assert_eq!(stage.column("SELECT v FROM t ORDER BY v").await, ["a", "b"]);
    outcome
}

#[test]
fn a_commit_whose_answer_is_lost_is_given_back() {
    everywhere("faults_commit", async |stage| {
        for cut in [Cut::BeforeCommit, Cut::AfterCommit] {
            let error = deliver_through(stage, cut).await.expect_err("nobody knows").error;
            assert_eq!(error.fault, Fault::Transient, "{cut:?}: {error}");
            assert!(
                error.to_string().contains("it is unknown whether the transaction is committed"),
                "{error}"
            );
        }
    });
}
