//! A connection that dies between two invocations, and nobody tells.

use std::time::Duration;

use tokio::time::timeout;

use crate::cut::counted;
use crate::support::{INSERT, all_written, deliver, everywhere};

/// However short the time since it was used last: what begins a transaction is answered at once, or
/// another connection is made.
#[test]
fn a_connection_that_died_a_moment_ago_is_given_up() {
    everywhere("faults_silent", async |stage| {
        stage
            .sql("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE other (id int PRIMARY KEY)")
            .await;
        let (turns, url) = counted(&stage.url()).await;
        let mut sink = stage.sink_with(&[("connection.url", &url)]);
        // After one table the next invocation asks of it ahead, after two it does not.
        for (round, tables) in [&["t"][..], &["t", "other"]].into_iter().enumerate() {
            for (nth, table) in tables.iter().enumerate() {
                let id = 100 * round + 10 * nth;
                let values = [format!(r#"{{"id":{id}}}"#)];
                let outcome = deliver(&mut sink, table, INSERT, values).await;
                assert_eq!(outcome, Ok(all_written(1)));
            }
            turns.silence();
            let values = [format!(r#"{{"id":{}}}"#, 100 * round + 50)];
            let again = deliver(&mut sink, "t", INSERT, values);
            let again = timeout(Duration::from_secs(30), again).await;
            assert_eq!(again.expect("another connection is made"), Ok(all_written(1)));
        }
        assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["4"]);
    });
}
