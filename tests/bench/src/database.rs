//! The database under test: a schema of ours, and `psql` for what others would do with it.

use std::error::Error;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use sluice_bridge::table::TableName;
use tokio_postgres::{Client, NoTls};

use crate::orders;

/// Where every table of the benchmark lies.
pub const SCHEMA: &str = "sluice_bench";

type Failed = Box<dyn Error + Sync + Send>;

/// A session with the server, and its address.
pub struct Database {
    /// Past any sink.
    pub client: Client,
    /// As both the function and `psql` are given it.
    pub url: String,
}

impl Database {
    /// Connects and makes the schema anew.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn connect(url: String) -> Result<Self, Failed> {
        let (client, driver) = tokio_postgres::connect(&url, NoTls).await?;
        tokio::spawn(async move { driver.await.ok() });
        let sql = format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}");
        client.batch_execute(&sql).await?;
        Ok(Self { client, url })
    }

    /// Leaves nothing behind.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn leave(self) -> Result<(), Failed> {
        self.run(&format!("DROP SCHEMA {SCHEMA} CASCADE")).await
    }

    /// A table of orders; `more` follows the columns.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn create_orders(&self, name: &str, more: &str) -> Result<TableName, Failed> {
        let columns = orders::COLUMNS;
        let table = format!("{SCHEMA}.{name}");
        self.run(&format!("DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({columns}{more})"))
            .await?;
        Ok(TableName { schema: Some(SCHEMA.to_owned()), name: name.to_owned() })
    }

    /// Runs statements.
    ///
    /// # Errors
    /// One of them fails.
    pub async fn run(&self, sql: &str) -> Result<(), Failed> {
        Ok(self.client.batch_execute(sql).await?)
    }

    /// A number the server knows.
    ///
    /// # Errors
    /// The query fails.
    pub async fn number(&self, query: &str) -> Result<i64, Failed> {
        Ok(self.client.query_one(query, &[]).await?.try_get(0)?)
    }

    /// Has the server write what it still owes the disk, so that no run pays for the last one.
    ///
    /// # Errors
    /// This is no superuser.
    pub async fn settle(&self) -> Result<(), Failed> {
        self.run("CHECKPOINT").await
    }

    /// Runs a script in `psql` and returns what its statements took, by its own clock.
    ///
    /// # Errors
    /// There is no `psql`, or a statement fails.
    pub fn psql(&self, script: &str) -> Result<Duration, Failed> {
        let mut psql = Command::new("psql")
            .args(["-X", "-v", "ON_ERROR_STOP=1", &self.url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        if let Some(mut input) = psql.stdin.take() {
            write!(input, "\\timing on\n{script}\n")?;
        }
        let output = psql.wait_with_output()?;
        if !output.status.success() {
            return Err("psql failed, and said why above".into());
        }
        let said = String::from_utf8(output.stdout)?;
        let times = said.lines().filter_map(|line| {
            line.strip_prefix("Time: ")?.split_whitespace().next()?.parse::<f64>().ok()
        });
        Ok(Duration::from_secs_f64(times.sum::<f64>() / 1000.0))
    }
}
