//! A real server as the contract wants it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use analyticdb_postgresql::PostgresSink;
use sluice_testkit::contract::Subject;
use sluice_testkit::memory::TextRow;
use sluice_testkit::{ColumnSpec, Kind, TableSpec, invocation};
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::support;

/// A schema of its own for every clause, and a role of that name which looks there first.
pub(crate) struct Postgres {
    admin: Client,
    schema: String,
    url: String,
}

impl Postgres {
    /// A server whose sinks go by this address.
    pub(crate) async fn at(address: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let schema = format!("contract_{}_{number}", std::process::id());
        let admin = support::admin().await;
        let sql = format!(
            "CREATE ROLE {schema} SUPERUSER LOGIN PASSWORD 'clause'; \
             ALTER ROLE {schema} SET search_path = {schema}; \
             CREATE SCHEMA {schema}; SET search_path = {schema}; SET timezone = 'UTC'"
        );
        admin.batch_execute(&sql).await.expect("the schema is made");
        let place = address.rsplit_once('@').expect("the address names a user").1;
        let url = format!("postgresql://{schema}:clause@{place}");
        Self { admin, schema, url }
    }

    async fn sql(&self, sql: &str) -> Vec<SimpleQueryMessage> {
        self.admin.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
    }
}

impl Drop for Postgres {
    /// On a thread of its own, for the one at hand runs the test.
    fn drop(&mut self) {
        let drop = format!("DROP SCHEMA {0} CASCADE; DROP ROLE {0}", self.schema);
        let dropped = std::thread::spawn(move || {
            invocation::run(async { support::admin().await.batch_execute(&drop).await.is_ok() })
        });
        let dropped = dropped.join().unwrap_or_default();
        assert!(dropped || std::thread::panicking(), "{} could not be dropped", self.schema);
    }
}

impl Subject for Postgres {
    type Sink = PostgresSink;

    async fn create(&mut self, table: &TableSpec) {
        let columns: Vec<String> = table.columns.iter().map(declaration).collect();
        let key: Vec<&str> =
            table.primary_key.iter().map(|&index| table.columns[index].name.as_str()).collect();
        let key = if key.is_empty() {
            String::new()
        } else {
            format!(", PRIMARY KEY ({})", key.join(", "))
        };
        self.drop_table(table).await;
        self.sql(&format!("CREATE TABLE {} ({}{key})", table.name, columns.join(", "))).await;
    }

    async fn drop_table(&mut self, table: &TableSpec) {
        self.sql(&format!(
            "SET client_min_messages = warning; DROP TABLE IF EXISTS {}",
            table.name
        ))
        .await;
    }

    async fn rows(&mut self, table: &TableSpec) -> Vec<TextRow> {
        let columns: Vec<String> = table.columns.iter().map(reading).collect();
        let messages =
            self.sql(&format!("SELECT {} FROM {}", columns.join(", "), table.name)).await;
        let row = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
            }
            _ => None,
        };
        messages.iter().filter_map(row).collect()
    }

    async fn sink(&mut self) -> PostgresSink {
        support::configure(&[("connection.url", &self.url)]).expect("good options")
    }

    async fn sever(&mut self) {
        let theirs = format!("FROM pg_stat_activity WHERE usename = '{}'", self.schema);
        self.sql(&format!("SELECT pg_terminate_backend(pid) {theirs}")).await;
        let left = format!("SELECT pid {theirs}");
        let some = |messages: &[SimpleQueryMessage]| {
            messages.iter().any(|message| matches!(message, SimpleQueryMessage::Row(_)))
        };
        while some(&self.sql(&left).await) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn declaration(column: &ColumnSpec) -> String {
    let kind = match column.kind {
        Kind::Text => "text",
        Kind::Integer => "bigint",
        Kind::Decimal => "numeric(38,10)",
        Kind::Boolean => "boolean",
        Kind::Json => "jsonb",
        Kind::Timestamp => "timestamptz(3)",
    };
    let default =
        column.default.as_ref().map_or(String::new(), |text| format!(" DEFAULT '{text}'"));
    format!("{} {kind}{default}", column.name)
}

/// How a column is read as the contract wants its text.
fn reading(column: &ColumnSpec) -> String {
    let name = &column.name;
    match column.kind {
        // Without zeros at the end; `trim_scale` is as new as PostgreSQL 13.
        Kind::Decimal => format!(
            "CASE WHEN {name} = trunc({name}) THEN trunc({name})::text ELSE rtrim({name}::text, '0') END"
        ),
        Kind::Boolean => format!("{name}::text"),
        Kind::Timestamp => format!("to_char({name}, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"),
        Kind::Text | Kind::Integer | Kind::Json => name.clone(),
    }
}
