//! A database of its own for every test, sinks that write to it, and its rows as text.

use analyticdb_mysql::MySqlSink;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, Row, Value};
use sluice_bridge::model::failure::GivenBack;
use sluice_bridge::run::outcome::Outcome;
use sluice_testkit::{EventBuilder, invocation};

pub(crate) use sluice_testkit::invocation::{
    BY_KEY, INSERT, Options, UPDATE, UPSERT, all_written, deliver_values as deliver, refused,
};

/// An environment variable of the test services.
pub(crate) fn service(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run scripts/test.sh"))
}

/// A connection past any sink.
pub(crate) async fn admin(server: &str) -> Conn {
    let opts = Opts::from_url(&service(server)).expect("the address is good");
    let opts = OptsBuilder::from_opts(opts).prefer_socket(false);
    let mut conn = Conn::new(opts).await.expect("the server answers");
    conn.query_drop("SET NAMES utf8mb4, time_zone = '+00:00'").await.expect("the session is set");
    conn
}

/// Makes a sink from its options; connects to nothing.
pub(crate) fn configure(options: Options<'_>) -> Result<MySqlSink, String> {
    invocation::configure(options)
}

/// Runs a test in a database of its own, on the server that an environment variable names. A
/// failed test leaves it for a person to look at; the next run replaces it.
pub(crate) fn on_stage(server: &str, database: &str, test: impl AsyncFnOnce(&mut Stage)) {
    invocation::run(async {
        let mut stage = Stage::set(server, database).await;
        test(&mut stage).await;
        stage.sql(&format!("DROP DATABASE {database}")).await;
    });
}

/// The servers, and as what they are spoken to: MariaDB takes rows by its bulk protocol, and as
/// text where it is called something else.
const WAYS: [(&str, &str); 3] =
    [("TEST_MARIADB", "auto"), ("TEST_MARIADB", "mysql"), ("TEST_MYSQL", "auto")];

/// Runs a test on every server, in every way it is spoken to.
#[allow(clippy::needless_pass_by_value, reason = "a closure is written where it is given")]
pub(crate) fn everywhere(database: &str, test: impl AsyncFn(&mut Stage)) {
    for (server, dialect) in WAYS {
        eprintln!("{server}, dialect.name={dialect}");
        on_stage(server, database, async |stage| {
            stage.dialect = dialect;
            test(stage).await;
        });
    }
}

/// A database, and somebody who may do everything to set it up and to look at it.
pub(crate) struct Stage {
    pub(crate) admin: Conn,
    pub(crate) server: String,
    pub(crate) database: String,
    /// What its sinks take the server for.
    pub(crate) dialect: &'static str,
}

impl Stage {
    pub(crate) async fn set(server: &str, database: &str) -> Self {
        let mut stage = Self {
            admin: admin(server).await,
            server: server.to_owned(),
            database: database.to_owned(),
            dialect: "auto",
        };
        stage.sql(&format!("DROP DATABASE IF EXISTS {database}")).await;
        stage.sql(&format!("CREATE DATABASE {database} CHARACTER SET utf8mb4")).await;
        stage.sql(&format!("USE {database}")).await;
        stage
    }

    /// Whether the server is a MariaDB.
    pub(crate) fn is_mariadb(&self) -> bool {
        self.server == "TEST_MARIADB"
    }

    /// What is MySQL's of two things, or MariaDB's.
    pub(crate) fn either<T>(&self, mysql: T, mariadb: T) -> T {
        if self.is_mariadb() { mariadb } else { mysql }
    }

    /// A sink of somebody who may do these things and no more; named after the database.
    pub(crate) async fn sink_of_user(&mut self, grants: &[&str]) -> MySqlSink {
        let name = self.database.clone();
        let user = format!("'{name}'@'%'");
        self.sql(&format!("DROP USER IF EXISTS {user}; CREATE USER {user} IDENTIFIED BY 'p'"))
            .await;
        for grant in grants {
            self.sql(&format!("GRANT {grant} TO {user}")).await;
        }
        self.sink_with(&[("connection.user", &name), ("connection.password", "p")])
    }

    /// Statements that must succeed.
    pub(crate) async fn sql(&mut self, statements: &str) {
        if let Err(error) = self.admin.query_drop(statements).await {
            panic!("{statements}: {error:?}");
        }
    }

    /// The rows of a query, one text per column, null as `∅`.
    pub(crate) async fn rows(&mut self, query: &str) -> Vec<Vec<String>> {
        let rows: Result<Vec<Row>, _> = self.admin.query(query).await;
        let rows = rows.unwrap_or_else(|error| panic!("{query}: {error:?}"));
        rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect()).collect()
    }

    /// The first column of a query.
    pub(crate) async fn column(&mut self, query: &str) -> Vec<String> {
        self.rows(query).await.into_iter().map(|mut row| row.remove(0)).collect()
    }

    /// A column's type as the server spells it.
    pub(crate) async fn column_type(&mut self, table: &str, column: &str) -> String {
        let query = format!(
            "SELECT COLUMN_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() \
             AND TABLE_NAME = '{table}' AND COLUMN_NAME = '{column}'"
        );
        self.column(&query).await.remove(0)
    }

    /// The address of the database.
    pub(crate) fn url(&self) -> String {
        let url = service(&self.server);
        let (server, _) = url.rsplit_once('/').expect("the address names a database");
        format!("{server}/{}", self.database)
    }

    /// A sink that has not connected yet.
    pub(crate) fn sink(&self) -> MySqlSink {
        self.sink_with(&[])
    }

    /// The same, with more options.
    pub(crate) fn sink_with(&self, options: Options<'_>) -> MySqlSink {
        let url = self.url();
        let mine = [("connection.url", url.as_str()), ("dialect.name", self.dialect)];
        let theirs = |name| options.iter().any(|(option, _)| *option == name);
        let mine = mine.into_iter().filter(|(name, _)| !theirs(*name));
        let options: Vec<_> = mine.chain(options.iter().copied()).collect();
        configure(&options).expect("the options are good")
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

    /// Writes one key and its value, or a tombstone, with a sink of its own, and commits.
    pub(crate) async fn deliver_key(
        &self,
        table: &str,
        key: &str,
        value: Option<&str>,
    ) -> Result<Outcome, GivenBack> {
        let event = EventBuilder::msk();
        let record = event.next(table, 0).key(key);
        let record = match value {
            Some(value) => record.value(value),
            None => record,
        };
        let body = event.record(record).build();
        invocation::deliver(&mut self.sink(), &body, &invocation::rules(BY_KEY)).await
    }
}

fn text(value: Value) -> String {
    match value {
        Value::NULL => "∅".to_owned(),
        Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        other => other.as_sql(false),
    }
}
