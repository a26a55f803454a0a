//! A database of its own for each test, the stand-in before it, and sinks that take it for
//! AnalyticDB.

use analyticdb_mysql::MySqlSink;
use sluice_bridge::model::failure::GivenBack;
use sluice_bridge::run::outcome::Outcome;
use sluice_testkit::{EventBuilder, invocation};

use crate::stand_in::StandIn;
use crate::support::{self, Options, Stage};

/// The engine of tables that keep what a failing statement has done before it failed: the worst
/// that may be expected of a server that says nothing of it.
pub(crate) const KEEPS: &str = "ENGINE=Aria TRANSACTIONAL=0 DEFAULT CHARSET=utf8mb4";
/// The engine of tables on which a statement is done whole or not at all.
pub(crate) const WHOLE: &str = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";

/// A test's own.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) stand_in: StandIn,
}

/// Runs a test in a database of this name. A failed one leaves it; the next run replaces it.
pub(crate) fn play(database: &str, test: impl AsyncFnOnce(&mut Scene)) {
    invocation::run(async {
        let stage = Stage::set("TEST_MARIADB", database).await;
        let mut scene = Scene { stage, stand_in: StandIn::new().await };
        test(&mut scene).await;
        scene.stage.sql(&format!("DROP DATABASE {database}")).await;
    });
}

impl Scene {
    /// The address of the database, by way of the stand-in.
    pub(crate) fn url(&self) -> String {
        let url = support::service("TEST_MARIADB");
        let (login, _) = url.rsplit_once('@').expect("the address names a user");
        format!("{login}@{}/{}", self.stand_in.place(), self.stage.database)
    }

    /// A sink that is told what it writes to.
    pub(crate) fn sink(&self) -> MySqlSink {
        self.sink_of("adb-mysql")
    }

    pub(crate) fn sink_of(&self, dialect: &str) -> MySqlSink {
        let url = self.url();
        let options = [("connection.url", url.as_str()), ("dialect.name", dialect)];
        support::configure(&options).expect("the options are good")
    }

    /// Makes the table `t` past the stand-in.
    pub(crate) async fn table(&mut self, columns: &str, engine: &str) {
        let sql = format!("DROP TABLE IF EXISTS t; CREATE TABLE t ({columns}) {engine}");
        self.stage.sql(&sql).await;
    }

    /// What stands in `t`, sorted, null as `∅`.
    pub(crate) async fn rows(&mut self) -> Vec<String> {
        let rows = self.stage.rows("SELECT * FROM t").await;
        let mut rows: Vec<String> = rows.into_iter().map(|row| row.join(" ")).collect();
        rows.sort();
        rows
    }

    /// The first words of the statements that wrote since the last time, each told once.
    pub(crate) fn verbs(&self) -> Vec<String> {
        let mut verbs: Vec<String> = self.stand_in.said().iter().map(|sql| verb(sql)).collect();
        verbs.retain(|verb| !verb.starts_with("SET ") && !verb.contains("information_schema"));
        verbs.dedup();
        verbs
    }

    /// Writes values to `t` with a sink of its own.
    pub(crate) async fn write<V: AsRef<[u8]>>(
        &self,
        options: Options<'_>,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Outcome, GivenBack> {
        support::deliver(&mut self.sink(), "t", options, values).await
    }

    /// The same for records with keys; nothing is a tombstone.
    pub(crate) async fn write_keyed(
        &self,
        options: Options<'_>,
        records: &[(&str, Option<&str>)],
    ) -> Result<Outcome, GivenBack> {
        let event = records.iter().fold(EventBuilder::msk(), |event, (key, value)| {
            let record = event.next("t", 0).key(key);
            let record = value.map_or(record.clone(), |value| record.value(value));
            event.record(record)
        });
        invocation::deliver(&mut self.sink(), &event.build(), &invocation::rules(options)).await
    }
}

fn verb(sql: &str) -> String {
    let update = if sql.contains("ON DUPLICATE KEY UPDATE") { " … ON DUPLICATE" } else { "" };
    let catalog = if sql.contains("information_schema") { " information_schema" } else { "" };
    let first: Vec<&str> = sql.split(' ').take(2).collect();
    format!("{}{update}{catalog}", first.join(" "))
}
