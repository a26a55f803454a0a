//! How tables change here.

use std::time::Duration;

use sluice_testkit::contract::Changing;
use sluice_testkit::invocation::{INSERT, Options, UPDATE, UPSERT};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::subject::Postgres;
use crate::support::admin;

impl Changing for Postgres {
    /// Types of one width, so that the bytes of one would pass for the other.
    const RETYPED: &'static [(&'static str, &'static str, &'static str, &'static str)] = &[
        ("int", "ALTER TABLE t ALTER v TYPE real USING v::real", "7", "7"),
        (
            "date",
            "ALTER TABLE t ALTER v TYPE int USING v - date '1970-01-01'",
            "\"1970-01-08\"",
            "7",
        ),
        (
            "timestamp",
            "ALTER TABLE t ALTER v TYPE bigint USING extract(epoch FROM v)",
            "\"1970-01-01T00:00:07Z\"",
            "7",
        ),
        ("bigint", "ALTER TABLE t ALTER v TYPE double precision", "7", "7"),
        ("text", "ALTER TABLE t ALTER v TYPE bytea USING convert_to(v, 'UTF8')", "\"7\"", "\\x37"),
    ];

    const SWAPPED: &'static [(&'static str, &'static str)] = &[
        ("BEGIN; ALTER TABLE t RENAME TO old; ALTER TABLE new RENAME TO t; COMMIT", "v"),
        (
            "BEGIN; ALTER TABLE t RENAME TO old; CREATE TABLE t (id bigint PRIMARY KEY, v float8); COMMIT",
            "v",
        ),
        (
            "BEGIN; ALTER TABLE t RENAME v TO x; ALTER TABLE t RENAME w TO v; ALTER TABLE t RENAME TO old; COMMIT",
            "x",
        ),
    ];

    const ALTERED: &'static str = "ALTER TABLE t ALTER v TYPE float8";

    const STEPS: &'static [(&'static str, Options<'static>, &'static str, &'static str)] = &[
        ("CREATE TABLE t (id int PRIMARY KEY, v int)", UPSERT, r#""v":1"#, "1,1"),
        ("ALTER TABLE t ADD w text DEFAULT 'd'", UPSERT, r#""v":2"#, "1,2,d"),
        ("ALTER TABLE t RENAME v TO x", UPSERT, r#""x":3,"w":"e""#, "1,3,e"),
        ("ALTER TABLE t ALTER x TYPE bigint", UPSERT, r#""x":4000000000"#, "1,4000000000,e"),
        ("ALTER TABLE t ALTER x TYPE text", UPSERT, r#""x":"4""#, "1,4,e"),
        ("ALTER TABLE t ALTER x TYPE int USING x::int", UPSERT, r#""x":5"#, "1,5,e"),
        ("ALTER TABLE t ALTER x TYPE numeric(9,1)", UPDATE, r#""x":6.5"#, "1,6.5,e"),
        ("ALTER TABLE t ALTER x TYPE numeric(9,3)", UPDATE, r#""x":6.125"#, "1,6.125,e"),
        ("ALTER TABLE t DROP x, ADD x date", UPSERT, r#""x":"2026-01-02""#, "1,e,2026-01-02"),
        (
            "DROP TABLE t; CREATE TABLE t (x int, w real, id int PRIMARY KEY)",
            INSERT,
            r#""x":7,"w":0.5"#,
            "7,0.5,1",
        ),
        (
            "CREATE TABLE n (w text, id bigint PRIMARY KEY, x text); ALTER TABLE t RENAME TO o; \
             ALTER TABLE n RENAME TO t",
            INSERT,
            r#""x":"a","w":"b""#,
            "b,1,a",
        ),
        (
            "ALTER TABLE t DROP CONSTRAINT n_pkey; ALTER TABLE t ADD PRIMARY KEY (w, id)",
            UPSERT,
            r#""w":"b","x":"c""#,
            "b,1,c",
        ),
    ];

    const GONE: [&'static str; 4] = [
        "ALTER TABLE t DROP v",
        "ALTER TABLE t ADD v int",
        "ALTER TABLE t RENAME TO o",
        "ALTER TABLE o RENAME TO t",
    ];

    async fn change(&mut self, statement: &str) {
        self.stage.sql(statement).await;
    }

    async fn set_out(&mut self, statement: &str) -> JoinHandle<()> {
        let other = admin().await;
        let statement = format!("SET search_path = {}; {statement}", self.stage.schema);
        let pid = other.query_one("SELECT pg_backend_pid()", &[]).await.expect("it has one");
        let waits =
            format!("SELECT 1 WHERE cardinality(pg_blocking_pids({})) > 0", pid.get::<_, i32>(0));
        let changing = tokio::spawn(async move {
            other.batch_execute(&statement).await.expect("the change is a good one");
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
