//! A connection that dies between two invocations, and nobody tells.

use std::time::Duration;

use sluice_testkit::turns::Turns;
use tokio::time::timeout;

use crate::cut::behind;
use crate::support::{INSERT, all_written, configure, deliver, on_stage};

/// However short the time since it was used last: what begins a transaction is answered at once, or
/// another connection is made and the same batch is written on it.
#[test]
fn a_connection_that_died_a_moment_ago_is_given_up() {
    on_stage("faults_silent", async |stage| {
        stage
            .sql("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE other (id int PRIMARY KEY)")
            .await;
        let (server, _) = behind(&stage.url(&[]), 0);
        let (turns, port) = Turns::before(server).await;
        let (_, url) = behind(&stage.url(&[]), port);
        let mut sink = configure(&[("connection.url", &url)]).expect("the options are good");
        let options = [INSERT, &[("max.retries", "0")]].concat();
        // After one table the next invocation asks of it ahead, after two it does not.
        for (round, tables) in [&["t"][..], &["t", "other"]].into_iter().enumerate() {
            for (nth, table) in tables.iter().enumerate() {
                let values = [format!(r#"{{"id":{}}}"#, 100 * round + 10 * nth)];
                let outcome = deliver(&mut sink, table, &options, values).await;
                assert_eq!(outcome, Ok(all_written(1)));
            }
            turns.silence();
            let values = [format!(r#"{{"id":{}}}"#, 100 * round + 50)];
            let again = deliver(&mut sink, "t", &options, values);
            let again = timeout(Duration::from_secs(30), again).await;
            assert_eq!(again.expect("another connection is made"), Ok(all_written(1)));
        }
        assert_eq!(stage.column("SELECT count(*) FROM t").await, ["4"]);
    });
}
