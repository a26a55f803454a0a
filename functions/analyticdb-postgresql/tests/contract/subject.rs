//! A real server as the contract wants it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use analyticdb_postgresql::PostgresSink;
use sluice_bridge::model::change::ColumnKind;
use sluice_testkit::contract::{Database, Refusal, Subject};
use sluice_testkit::{ColumnSpec, Kind, TableSpec, invocation};

use crate::support::{self, Stage};

/// A schema of its own for every clause, and a role of that name which looks there first.
pub(crate) struct Postgres {
    pub(crate) stage: Stage,
    url: String,
}

impl Postgres {
    /// A server whose sinks go by this address.
    pub(crate) async fn at(address: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let schema = format!("contract_{}_{number}", std::process::id());
        let stage = Stage::set(&schema).await;
        let role = format!(
            "CREATE ROLE {schema} SUPERUSER LOGIN PASSWORD 'clause'; \
             ALTER ROLE {schema} SET search_path = {schema}"
        );
        stage.sql(&role).await;
        let place = address.rsplit_once('@').expect("the address names a user").1;
        let url = format!("postgresql://{schema}:clause@{place}");
        Self { stage, url }
    }
}

impl Drop for Postgres {
    /// On a thread of its own, because the current one runs the test.
    fn drop(&mut self) {
        let drop = format!("DROP SCHEMA {0} CASCADE; DROP ROLE {0}", self.stage.schema);
        let dropped = std::thread::spawn(move || {
            invocation::run(async { support::admin().await.batch_execute(&drop).await.is_ok() })
        });
        let dropped = dropped.join().unwrap_or_default();
        assert!(dropped || std::thread::panicking(), "{} stays", self.stage.schema);
    }
}

impl Subject for Postgres {
    type Sink = PostgresSink;

    async fn create(&mut self, table: &TableSpec) {
        self.drop_table(table).await;
        let columns = table.columns.iter().map(declaration);
        let key = (!table.primary_key.is_empty()).then(|| {
            let key = table.primary_key.iter().map(|&index| quoted(&table.columns[index].name));
            format!("PRIMARY KEY ({})", key.collect::<Vec<_>>().join(", "))
        });
        let references = table.columns.iter().filter_map(reference);
        let parts: Vec<String> = columns.chain(key).chain(references).collect();
        let sql = format!("CREATE TABLE {} ({})", quoted(&table.name), parts.join(", "));
        self.stage.sql(&sql).await;
    }

    async fn drop_table(&mut self, table: &TableSpec) {
        self.stage.sql(&format!("DROP TABLE IF EXISTS {}", quoted(&table.name))).await;
    }

    async fn rows(&mut self, table: &TableSpec) -> Vec<Vec<String>> {
        let columns = match &*table.columns {
            [] => "*".to_owned(),
            columns => columns.iter().map(reading).collect::<Vec<_>>().join(", "),
        };
        let query = format!("SELECT {columns} FROM {}", quoted(&table.name));
        self.stage.rows(&query).await
    }

    async fn sink(&mut self) -> PostgresSink {
        support::configure(&[("connection.url", &self.url)]).expect("good options")
    }

    async fn sever(&mut self) {
        let theirs = format!("FROM pg_stat_activity WHERE usename = '{}'", self.stage.schema);
        self.stage.rows(&format!("SELECT pg_terminate_backend(pid) {theirs}")).await;
        let left = format!("SELECT pid {theirs}");
        while !self.stage.rows(&left).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn code(&self, why: Refusal) -> Option<&'static str> {
        Some(match why {
            Refusal::Null | Refusal::LeftOut => "23502",
            Refusal::Excepted => "23514",
            Refusal::Referred => "23503",
        })
    }
}

impl Database for Postgres {
    /// Names of the sink's own statements, and what only this server has in names.
    const NAMES: &'static [&'static str] = &["s", "found", "place", "excluded", "🦀"];
    const IMPOSSIBLE: &'static [&'static str] =
        &["cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"];
    const LONGEST: usize = 63;
    /// They look like COPY's context.
    const POINTERS: &'static [&'static str] =
        &["t, line 1", "c, line 1, column x", "COPY t, line 1", "t: \"", "a\nCOPY t, line 1"];
    const POINTED: (&'static str, &'static str) = ("jsonb", "\\u0000");
    const REFERENCES: &'static [&'static str] = &["", "DEFERRABLE INITIALLY DEFERRED"];
    const UNLIKE: &'static str = "inet";
    const COMPUTED: [&'static str; 2] = ["int DEFAULT 1 + 1", "timestamptz DEFAULT now()"];

    /// Keys are found by the type's own idea of what is equal, blanks of a `char` among them.
    async fn keys(&mut self) -> Vec<(&'static str, &'static str)> {
        self.stage.sql("CREATE TYPE mood AS ENUM ('fine'); CREATE DOMAIN code AS char(5)").await;
        vec![
            ("smallint", "7"),
            ("numeric(5,1)", "7.50"),
            ("text", "\"a\""),
            ("varchar(5)", "\"a\""),
            ("char(5)", "\"a\""),
            ("char(5)", "\"a    \""),
            ("code", "\"a    \""),
            ("uuid", "\"0123ABCD-4567-89EF-0123-456789ABCDEF\""),
            ("bytea", "\"AP8=\""),
            ("date", "\"2026-01-02\""),
            ("timestamptz", "\"2026-01-02T03:04:05+02:00\""),
            ("mood", "\"fine\""),
            ("inet", "\"10.0.0.1\""),
            ("int[]", "\"{1,2}\""),
            ("boolean", "true"),
        ]
    }

    async fn counted(&mut self) -> Vec<&'static str> {
        let identities =
            ["int GENERATED ALWAYS AS IDENTITY", "int GENERATED BY DEFAULT AS IDENTITY"];
        let since = if self.stage.is_since(100_000).await { &identities[..] } else { &[] };
        [&["serial"], since].concat()
    }

    async fn doubled(&mut self) -> Vec<&'static str> {
        let stored = "bigint NOT NULL GENERATED ALWAYS AS (2 * n) STORED";
        if self.stage.is_since(120_000).await { vec![stored] } else { Vec::new() }
    }

    fn spelling(&self, holds: ColumnKind, _is_key: bool) -> &'static str {
        match holds {
            ColumnKind::Booleans => "boolean",
            ColumnKind::Integers => "bigint",
            ColumnKind::Decimals => "numeric",
            ColumnKind::Floats => "double precision",
            ColumnKind::Text => "text",
            ColumnKind::Bytes => "bytea",
            ColumnKind::Dates => "date",
            ColumnKind::Times => "time without time zone",
            ColumnKind::Timestamps => "timestamp with time zone",
            ColumnKind::Documents => "jsonb",
        }
    }

    fn home(&self) -> &str {
        &self.stage.schema
    }

    async fn columns(&mut self, table: &str) -> Vec<String> {
        let columns = format!(
            "SELECT attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN '!' ELSE '' END \
             FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 ORDER BY attnum"
        );
        let key = format!(
            "SELECT 'key ' || string_agg(attname, ',' ORDER BY array_position(conkey, attnum)) \
             FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey) \
             WHERE conrelid = '{table}'::regclass AND contype = 'p' GROUP BY conname"
        );
        [self.stage.column(&columns).await, self.stage.column(&key).await].concat()
    }

    async fn waits(&mut self) {
        let waiting = format!(
            "SELECT 1 FROM pg_stat_activity WHERE usename = '{}' AND wait_event_type = 'Lock'",
            self.stage.schema
        );
        while self.stage.column(&waiting).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn declaration(column: &ColumnSpec) -> String {
    let kind = match column.kind {
        Kind::Text => "text",
        Kind::Integer => "bigint",
        Kind::Decimal => "numeric(38,10)",
        Kind::Boolean => "boolean",
        Kind::Json => "jsonb",
        Kind::Timestamp => "timestamptz(3)",
        Kind::Native(named) => named,
    };
    let mut declared = format!("{} {kind}", quoted(&column.name));
    if let Some(text) = &column.default {
        declared += &format!(" DEFAULT '{text}'");
    }
    if column.required {
        declared += " NOT NULL";
    }
    if column.unique {
        declared += " UNIQUE";
    }
    if let Some(text) = &column.except {
        declared += &format!(" CHECK ({} <> '{text}')", quoted(&column.name));
    }
    declared
}

/// To what a column refers.
fn reference(column: &ColumnSpec) -> Option<String> {
    let (table, added) = column.refers.as_ref()?;
    let [name, table] = [&column.name, table].map(|name| quoted(name));
    Some(format!("FOREIGN KEY ({name}) REFERENCES {table} (id) {added}"))
}

/// How a column is read as the contract wants its text.
fn reading(column: &ColumnSpec) -> String {
    let name = quoted(&column.name);
    match column.kind {
        // Without zeros at the end; `trim_scale` is as new as PostgreSQL 13.
        Kind::Decimal => format!(
            "CASE WHEN {name} = trunc({name}) THEN trunc({name})::text ELSE rtrim({name}::text, '0') END"
        ),
        Kind::Boolean => format!("{name}::text"),
        Kind::Timestamp => format!("to_char({name}, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"),
        Kind::Text | Kind::Integer | Kind::Json | Kind::Native(_) => name,
    }
}
