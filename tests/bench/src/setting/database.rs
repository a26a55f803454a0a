//! The database under test: a schema of ours on one of the servers of the tests.

use std::error::Error;

use sluice_bridge::model::table::TableName;
use sluice_tests::database::session::{Row, Session};
use sluice_tests::database::target::Target;

use crate::setting::orders;

/// Where every table of the benchmark lies.
pub const SCHEMA: &str = "sluice_bench";

type Failed = Box<dyn Error + Sync + Send>;

/// A session with the server, and its address.
pub struct Database {
    /// Which server it is.
    pub target: Target,
    /// Past any sink.
    pub session: Session,
    /// As the function and its rivals are given it.
    pub url: String,
}

impl Database {
    /// Connects and makes the schema anew.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn connect(target: Target) -> Result<Self, Failed> {
        let url = target.url();
        let database = Self { target, session: Session::open(&url).await?, url };
        database.drop_schema().await?;
        // MariaDB's own default, up to 11.5, has no room for all characters.
        let characters = match target {
            Target::Postgres => "",
            Target::Mariadb => "CHARACTER SET utf8mb4",
        };
        database.run(&format!("CREATE SCHEMA {SCHEMA} {characters}")).await?;
        Ok(database)
    }

    /// Leaves nothing behind.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn leave(self) -> Result<(), Failed> {
        self.drop_schema().await
    }

    async fn drop_schema(&self) -> Result<(), Failed> {
        let cascade = match self.target {
            Target::Postgres => "CASCADE",
            Target::Mariadb => "",
        };
        self.run(&format!("DROP SCHEMA IF EXISTS {SCHEMA} {cascade}")).await
    }

    /// A table of orders; `more` follows the columns.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn create_orders(&self, name: &str, more: &str) -> Result<TableName, Failed> {
        self.create(name, &orders::columns(self.target), more).await?;
        Ok(TableName { schema: Some(SCHEMA.to_owned()), name: name.to_owned() })
    }

    /// A table of orders without nested values, which notes when each row came; `more` follows
    /// the columns.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn create_flat_orders(&self, name: &str, more: &str) -> Result<String, Failed> {
        self.create(name, &orders::flat_columns(self.target), more).await
    }

    async fn create(&self, name: &str, columns: &str, more: &str) -> Result<String, Failed> {
        let table = format!("{SCHEMA}.{name}");
        self.run(&format!("DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({columns}{more})"))
            .await?;
        Ok(table)
    }

    /// Runs statements.
    ///
    /// # Errors
    /// One of them fails.
    pub async fn run(&self, sql: &str) -> Result<(), Failed> {
        self.session.run(sql).await
    }

    /// The only row of a query.
    ///
    /// # Errors
    /// The query fails, or has no row.
    pub async fn row(&self, query: &str) -> Result<Row, Failed> {
        self.session.query(query).await?.pop().ok_or_else(|| format!("no row: {query}").into())
    }

    /// A number the server knows.
    ///
    /// # Errors
    /// The query fails.
    pub async fn number(&self, query: &str) -> Result<i64, Failed> {
        Ok(self.row(query).await?.get(0))
    }

    /// Seconds since 1970, by the server.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn clock(&self) -> Result<f64, Failed> {
        let now = match self.target {
            Target::Postgres => "clock_timestamp()",
            Target::Mariadb => "sysdate(6)",
        };
        Ok(self.row(&format!("SELECT {}", self.seconds(now))).await?.get(0))
    }

    /// A moment as seconds since 1970, in SQL.
    #[must_use]
    pub fn seconds(&self, moment: &str) -> String {
        match self.target {
            Target::Postgres => format!("extract(epoch FROM {moment})::float8"),
            Target::Mariadb => format!("unix_timestamp({moment})"),
        }
    }

    /// What the server calls itself.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn version(&self) -> Result<String, Failed> {
        let (query, name) = match self.target {
            Target::Postgres => ("SHOW server_version", "PostgreSQL"),
            Target::Mariadb => ("SELECT version()", "MariaDB"),
        };
        let version: String = self.row(query).await?.get(0);
        let number = version.split([' ', '-']).next().unwrap_or_default();
        Ok(format!("{name} {number}"))
    }

    /// Has the server write what it still owes the disk, so that no run pays for the last one.
    ///
    /// # Errors
    /// We may not ask for that.
    pub async fn settle(&self) -> Result<(), Failed> {
        self.run(match self.target {
            Target::Postgres => "CHECKPOINT",
            Target::Mariadb => "SET GLOBAL innodb_log_checkpoint_now = ON",
        })
        .await
    }

    /// An empty table, and nothing left for the server to write.
    ///
    /// # Errors
    /// There is no such table.
    pub async fn empty(&self, table: &str) -> Result<(), Failed> {
        self.run(&format!("TRUNCATE TABLE {table}")).await?;
        self.settle().await
    }
}
