//! A schema of its own for every test, sinks that write to it, and its rows as text.

use analyticdb_postgresql::PostgresSink;
use sluice_bridge::model::failure::GivenBack;
use sluice_bridge::run::outcome::Outcome;
use sluice_testkit::invocation;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

pub(crate) use sluice_testkit::invocation::{
    BY_KEY, INSERT, Options, UPDATE, UPSERT, all_written, deliver_values as deliver, refused,
};

/// An environment variable of the test services.
pub(crate) fn service(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run scripts/test.sh"))
}

/// A superuser's connection, past any sink.
pub(crate) async fn admin() -> Client {
    let connected = tokio_postgres::connect(&service("TEST_POSTGRES"), NoTls).await;
    let (client, driver) = connected.expect("the server answers");
    tokio::spawn(async move { driver.await.ok() });
    client
}

/// Makes a sink from its options; connects to nothing.
pub(crate) fn configure(options: Options<'_>) -> Result<PostgresSink, String> {
    invocation::configure(options)
}

/// Runs a test in a schema of its own. A failed test leaves it for a person to look at; the
/// next run replaces it.
pub(crate) fn on_stage(schema: &str, test: impl AsyncFnOnce(&mut Stage)) {
    invocation::run(async {
        let mut stage = Stage::set(schema).await;
        test(&mut stage).await;
        stage.sql(&format!("DROP SCHEMA {schema} CASCADE")).await;
    });
}

/// A schema, and a superuser to set it up and to look at it.
pub(crate) struct Stage {
    pub(crate) admin: Client,
    pub(crate) schema: String,
}

impl Stage {
    pub(crate) async fn set(schema: &str) -> Self {
        let stage = Self { admin: admin().await, schema: schema.to_owned() };
        stage
            .sql(&format!(
                "SET client_min_messages = warning; DROP SCHEMA IF EXISTS {schema} CASCADE; \
                 CREATE SCHEMA {schema}; SET search_path = {schema}; SET timezone = 'UTC'; \
                 SET extra_float_digits = 3"
            ))
            .await;
        stage
    }

    /// Statements that must succeed.
    pub(crate) async fn sql(&self, statements: &str) {
        if let Err(error) = self.admin.batch_execute(statements).await {
            panic!("{statements}: {error:?}");
        }
    }

    /// The same of what PostgreSQL has learnt with a version, by its number; `false` where an
    /// older server refuses it, as it must.
    pub(crate) async fn sql_since(&self, version: i32, statements: &str) -> bool {
        if self.is_since(version).await {
            self.sql(statements).await;
            return true;
        }
        let refused = self.admin.batch_execute(statements).await;
        assert!(refused.is_err(), "an older server takes it too: {statements}");
        self.sql("ROLLBACK").await;
        false
    }

    /// Whether the server is of this version or newer.
    pub(crate) async fn is_since(&self, version: i32) -> bool {
        let query = format!("SELECT current_setting('server_version_num')::int >= {version}");
        self.column(&query).await == ["t"]
    }

    /// The rows of a query, one text per column, null as `∅`.
    pub(crate) async fn rows(&self, query: &str) -> Vec<Vec<String>> {
        let messages = self.admin.simple_query(query).await;
        let messages = messages.unwrap_or_else(|error| panic!("{query}: {error:?}"));
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        rows.map(|row| (0..row.len()).map(|at| row.get(at).unwrap_or("∅").to_owned()).collect())
            .collect()
    }

    /// The first column of a query.
    pub(crate) async fn column(&self, query: &str) -> Vec<String> {
        self.rows(query).await.into_iter().map(|mut row| row.remove(0)).collect()
    }

    /// The address of the schema, with settings of the session such as `lock_timeout=100ms`.
    pub(crate) fn url(&self, session: &[&str]) -> String {
        let session: String =
            session.iter().map(|setting| format!("%20-c{}", setting.replace('=', "%3D"))).collect();
        let url = service("TEST_POSTGRES");
        let mark = if url.contains('?') { '&' } else { '?' };
        format!("{url}{mark}options=-csearch_path%3D{}{session}", self.schema)
    }

    /// A sink that has not connected yet.
    pub(crate) fn sink(&self) -> PostgresSink {
        self.sink_with(&[])
    }

    /// A sink whose session has these settings.
    pub(crate) fn sink_with(&self, session: &[&str]) -> PostgresSink {
        configure(&[("connection.url", &self.url(session))]).expect("the options are good")
    }

    /// A sink that the server's list of sessions shows by a name.
    pub(crate) fn sink_named(&self, name: &str, session: &[&str]) -> PostgresSink {
        let url = self.url(session);
        configure(&[("connection.url", &url), ("name", name)]).expect("the options are good")
    }

    /// Writes values to a table with a sink of its own, and commits.
    pub(crate) async fn deliver<V: AsRef<[u8]>>(
        &self,
        table: &str,
        options: Options<'_>,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Outcome, GivenBack> {
        deliver(&mut self.sink(), table, options, values).await
    }
}
