//! How tables change here.

use sluice_testkit::contract::Changing;
use tokio::task::JoinHandle;

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

    const STEPS: [&'static str; 12] = [
        "CREATE TABLE t (id int PRIMARY KEY, v int)",
        "ALTER TABLE t ADD w text DEFAULT 'd'",
        "ALTER TABLE t RENAME v TO x",
        "ALTER TABLE t ALTER x TYPE bigint",
        "ALTER TABLE t ALTER x TYPE text",
        "ALTER TABLE t ALTER x TYPE int USING x::int",
        "ALTER TABLE t ALTER x TYPE numeric(9,1)",
        "ALTER TABLE t ALTER x TYPE numeric(9,3)",
        "ALTER TABLE t DROP x, ADD x date",
        "DROP TABLE t; CREATE TABLE t (x int, w real, id int PRIMARY KEY)",
        "CREATE TABLE n (w text, id bigint PRIMARY KEY, x text); ALTER TABLE t RENAME TO o; \
         ALTER TABLE n RENAME TO t",
        "ALTER TABLE t DROP CONSTRAINT n_pkey; ALTER TABLE t ADD PRIMARY KEY (w, id)",
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

    async fn set_out(&mut self, statement: &'static str) -> (JoinHandle<()>, i64) {
        let other = admin().await;
        let home = format!("SET search_path = {}", self.stage.schema);
        other.batch_execute(&home).await.expect("it is there");
        let pid = other.query_one("SELECT pg_backend_pid()", &[]).await.expect("it has one");
        let changing = tokio::spawn(async move {
            other.batch_execute(statement).await.expect("the change is a good one");
        });
        (changing, pid.get::<_, i32>(0).into())
    }

    async fn is_held_up(&mut self, connection: i64) -> bool {
        let held_up = format!("SELECT cardinality(pg_blocking_pids({connection})) > 0");
        self.stage.column(&held_up).await == ["t"]
    }
}
