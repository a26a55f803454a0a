//! How tables change here.

use mysql_async::prelude::Queryable;
use sluice_testkit::contract::Changing;
use tokio::task::JoinHandle;

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

    const STEPS: [&'static str; 12] = [
        "CREATE TABLE t (id int PRIMARY KEY, v int)",
        "ALTER TABLE t ADD w varchar(9) DEFAULT 'd'",
        "ALTER TABLE t CHANGE v x int",
        "ALTER TABLE t MODIFY x bigint",
        "ALTER TABLE t MODIFY x text",
        "ALTER TABLE t MODIFY x int",
        "ALTER TABLE t MODIFY x decimal(9,1)",
        "ALTER TABLE t MODIFY x decimal(9,3)",
        "ALTER TABLE t DROP x, ADD x date",
        "DROP TABLE t; CREATE TABLE t (x int, w double, id int PRIMARY KEY)",
        "CREATE TABLE n (w varchar(9), id bigint PRIMARY KEY, x text); RENAME TABLE t TO o, n TO t",
        "ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (w, id)",
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

    async fn set_out(&mut self, statement: &'static str) -> (JoinHandle<()>, i64) {
        let mut other = admin(&self.stage.server).await;
        other.query_drop(format!("USE {}", self.stage.database)).await.expect("it is there");
        let id = other.id();
        let changing = tokio::spawn(async move {
            other.query_drop(statement).await.expect("the change is a good one");
        });
        (changing, id.into())
    }

    async fn is_held_up(&mut self, connection: i64) -> bool {
        let held_up = format!(
            "SELECT 1 FROM information_schema.PROCESSLIST \
             WHERE ID = {connection} AND STATE LIKE 'Waiting for table metadata lock'"
        );
        !self.stage.column(&held_up).await.is_empty()
    }
}
