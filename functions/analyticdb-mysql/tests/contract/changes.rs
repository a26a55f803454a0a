//! How tables change here.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use sluice_testkit::contract::Changing;
use sluice_testkit::invocation::{INSERT, Options, UPDATE, UPSERT};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::subject::Server;
use crate::support::admin;

impl Changing for Server {
    /// Types that would take each other's spelling for something else.
    const RETYPED: &'static [(&'static str, &'static str, &'static str, &'static str)] = &[
        ("int", "ALTER TABLE t MODIFY v varchar(9)", "7", "7"),
        ("datetime(6)", "ALTER TABLE t MODIFY v date", "\"1970-01-02T23:59:59Z\"", "1970-01-02"),
        ("bigint", "ALTER TABLE t MODIFY v double", "7", "7"),
    ];

    const SWAPPED: &'static [(&'static str, &'static str)] =
        &[("RENAME TABLE t TO old, new TO t", "v")];

    const ALTERED: &'static str = "ALTER TABLE t ADD w int DEFAULT 5";

    const STEPS: &'static [(&'static str, Options<'static>, &'static str, &'static str)] = &[
        ("CREATE TABLE t (id int PRIMARY KEY, v int)", UPSERT, r#""v":1"#, "1,1"),
        ("ALTER TABLE t ADD w varchar(9) DEFAULT 'd'", UPSERT, r#""v":2"#, "1,2,d"),
        ("ALTER TABLE t CHANGE v x int", UPSERT, r#""x":3,"w":"e""#, "1,3,e"),
        ("ALTER TABLE t MODIFY x bigint", UPSERT, r#""x":4000000000"#, "1,4000000000,e"),
        ("ALTER TABLE t MODIFY x text", UPSERT, r#""x":"4""#, "1,4,e"),
        ("ALTER TABLE t MODIFY x int", UPSERT, r#""x":5"#, "1,5,e"),
        ("ALTER TABLE t MODIFY x decimal(9,1)", UPDATE, r#""x":6.5"#, "1,6.5,e"),
        ("ALTER TABLE t MODIFY x decimal(9,3)", UPDATE, r#""x":6.125"#, "1,6.125,e"),
        ("ALTER TABLE t DROP x, ADD x date", UPSERT, r#""x":"2026-01-02""#, "1,e,2026-01-02"),
        (
            "DROP TABLE t; CREATE TABLE t (x int, w double, id int PRIMARY KEY)",
            INSERT,
            r#""x":7,"w":0.5"#,
            "7,0.5,1",
        ),
        (
            "CREATE TABLE n (w varchar(9), id bigint PRIMARY KEY, x text); RENAME TABLE t TO o, n TO t",
            INSERT,
            r#""x":"a","w":"b""#,
            "b,1,a",
        ),
        (
            "ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (w, id)",
            UPSERT,
            r#""w":"b","x":"c""#,
            "b,1,c",
        ),
    ];

    const GONE: [&'static str; 4] = [
        "ALTER TABLE t DROP v",
        "ALTER TABLE t ADD v int",
        "RENAME TABLE t TO o",
        "RENAME TABLE o TO t",
    ];

    async fn change(&mut self, statement: &str) {
        self.stage.sql(statement).await;
    }

    async fn set_out(&mut self, statement: &str) -> JoinHandle<()> {
        let mut other = admin(&self.stage.server).await;
        other.query_drop(format!("USE {}", self.stage.database)).await.expect("it is there");
        let waits = format!(
            "SELECT 1 FROM information_schema.PROCESSLIST \
             WHERE ID = {} AND STATE LIKE 'Waiting for table metadata lock'",
            other.id()
        );
        let statement = statement.to_owned();
        let changing = tokio::spawn(async move {
            other.query_drop(&statement).await.expect("the change is a good one");
        });
        let waiting = async {
            while self.stage.column(&waits).await.is_empty() {
                assert!(!changing.is_finished(), "nothing kept it from changing");
                sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = timeout(Duration::from_secs(20), waiting).await;
        assert!(waited.is_ok(), "neither done nor waiting");
        changing
    }
}
