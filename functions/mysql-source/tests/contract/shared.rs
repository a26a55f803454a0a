//! The contract of every source, on both servers.

use std::time::Duration;

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use mysql_source::MySqlSource;
use sluice_source::options::mode::Rules;
use sluice_testkit::contract_source;
use sluice_testkit::source_contract::SourceSubject;
use tokio::time::sleep;

use crate::stage::{Stage, on_both};

struct Subject<'s> {
    stage: &'s Stage,
    writer: Option<Conn>,
}

#[allow(clippy::needless_pass_by_value, reason = "a closure is written where it is given")]
fn on_each_server(name: &str, test: impl AsyncFn(&mut Subject<'_>)) {
    on_both(name, async |stage| test(&mut Subject { stage, writer: None }).await);
}

impl SourceSubject for Subject<'_> {
    type Source = MySqlSource;

    async fn create(&mut self) {
        self.stage
            .say(
                "DROP TABLE IF EXISTS t; CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, v TEXT NOT NULL, \
                 ts TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), KEY (ts, id))",
            )
            .await;
    }

    async fn insert(&mut self, v: &str) {
        self.stage.say(&format!("INSERT INTO t (v) VALUES ('{v}')")).await;
    }

    async fn update(&mut self, id: i64, v: &str) {
        self.stage.say(&format!("UPDATE t SET v = '{v}' WHERE id = {id}")).await;
    }

    async fn begin(&mut self, v: &str) {
        let mut writer = self.stage.connect().await;
        let begins = format!("START TRANSACTION; INSERT INTO t (v) VALUES ('{v}')");
        writer.query_drop(begins).await.expect("it is written");
        self.writer = Some(writer);
    }

    async fn end(&mut self, commits: bool) {
        let mut writer = self.writer.take().expect("an open transaction");
        let end = if commits { "COMMIT" } else { "ROLLBACK" };
        writer.query_drop(end).await.expect("it ends");
        writer.disconnect().await.expect("goodbye");
    }

    async fn sever(&mut self) {
        let question = format!(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '{}' AND ID <> CONNECTION_ID()",
            self.stage.database
        );
        let mut conn = self.stage.connect().await;
        loop {
            let others: Vec<u64> = conn.query(&question).await.expect("connections");
            if others.is_empty() {
                break;
            }
            for id in others {
                // It may have ended meanwhile.
                let _ = conn.query_drop(format!("KILL {id}")).await;
            }
            sleep(Duration::from_millis(20)).await;
        }
        conn.disconnect().await.expect("goodbye");
    }

    fn source(&mut self, options: &[(&str, &str)]) -> (MySqlSource, Rules) {
        self.stage.source(options)
    }
}

contract_source!(on_each_server);
