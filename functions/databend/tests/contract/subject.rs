//! The engine as the contract wants it: a database of its own for every clause.

use std::sync::atomic::{AtomicU32, Ordering};

use databend::DatabendSink;
use sluice_bridge::model::change::ColumnKind;
use sluice_testkit::contract::{Database, Refusal, Subject};
use sluice_testkit::{ColumnSpec, Kind, TableSpec, invocation};

use crate::support::{self, Admin};

/// A database, and a client in it.
pub(crate) struct Server {
    pub(crate) admin: Admin,
}

impl Server {
    pub(crate) async fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let database = format!("contract_{}_{number}", std::process::id());
        let admin = Admin::new("default");
        admin.query(&format!("CREATE DATABASE {database}")).await;
        Self { admin: Admin::new(&database) }
    }

    /// Lets files be compressed, as the docs say. The formats belong to the whole server.
    pub(crate) async fn allow_compression(&self) {
        for (name, compression) in [("gzip", "GZIP"), ("zstd", "ZSTD")] {
            let options = format!("TYPE = CSV COMPRESSION = {compression}");
            self.admin
                .query(&format!("CREATE FILE FORMAT IF NOT EXISTS sluice_csv_{name} {options}"))
                .await;
        }
    }

    /// A sink with more options.
    pub(crate) fn sink_with(&self, options: invocation::Options<'_>) -> DatabendSink {
        let url = support::url(&self.admin.database);
        let options = [&[("connection.url", url.as_str())], options].concat();
        invocation::configure(&options).expect("good options")
    }
}

impl Drop for Server {
    /// On a thread of its own, because this one runs the test.
    fn drop(&mut self) {
        let database = self.admin.database.clone();
        let dropped = std::thread::spawn(move || {
            invocation::run(async {
                Admin::new("default").query(&format!("DROP DATABASE {database}")).await;
            });
        });
        assert!(
            dropped.join().is_ok() || std::thread::panicking(),
            "{} stays",
            self.admin.database
        );
    }
}

impl Subject for Server {
    type Sink = DatabendSink;

    async fn create(&mut self, table: &TableSpec) {
        self.drop_table(table).await;
        let columns: Vec<String> = table
            .columns
            .iter()
            .enumerate()
            .map(|(place, column)| declaration(column, table.primary_key.contains(&place)))
            .collect();
        let key: Vec<&str> =
            table.primary_key.iter().map(|&index| table.columns[index].name.as_str()).collect();
        let comment = match key.is_empty() {
            true => String::new(),
            false => {
                let names = serde_json::Value::from(key).to_string();
                format!(" COMMENT = {}", literal(&format!("primary key {names}")))
            }
        };
        let name = quoted(&table.name);
        self.admin.query(&format!("CREATE TABLE {name} ({}){comment}", columns.join(", "))).await;
    }

    async fn drop_table(&mut self, table: &TableSpec) {
        self.admin.query(&format!("DROP TABLE IF EXISTS {}", quoted(&table.name))).await;
    }

    async fn rows(&mut self, table: &TableSpec) -> Vec<Vec<String>> {
        let columns = match &*table.columns {
            [] => "*".to_owned(),
            columns => columns.iter().map(reading).collect::<Vec<_>>().join(", "),
        };
        let rows =
            self.admin.query(&format!("SELECT {columns} FROM {}", quoted(&table.name))).await;
        let shown = |value: Option<String>| value.unwrap_or_else(|| "∅".to_owned());
        rows.into_iter().map(|row| row.into_iter().map(shown).collect()).collect()
    }

    async fn sink(&mut self) -> DatabendSink {
        self.sink_with(&[])
    }

    async fn sever(&mut self) {
        self.admin.restart().await;
    }

    fn code(&self, why: Refusal) -> Option<&'static str> {
        (why == Refusal::LeftOut).then_some("1006")
    }
}

impl Database for Server {
    const NAMES: &'static [&'static str] = &["back`tick", "/* no comment */"];
    const IMPOSSIBLE: &'static [&'static str] = &["_row_id"];
    const LONGEST: usize = 255;
    const POINTERS: &'static [&'static str] = &["line 1", "at row 1", "c1", "n"];
    const POINTED: (&'static str, &'static str) = ("GEOMETRY", "nowhere");
    const REFERENCES: &'static [&'static str] = &[""];
    const UNLIKE: &'static str = "INT";
    const COMPUTED: [&'static str; 2] = ["BIGINT DEFAULT (1 + 1)", "TIMESTAMP DEFAULT now()"];

    async fn keys(&mut self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("SMALLINT", "7"),
            ("BIGINT UNSIGNED", "18446744073709551615"),
            ("DECIMAL(5, 1)", "7.50"),
            ("DECIMAL(76, 10)", "\"1234567890123456789012345678901234567890.5\""),
            ("DOUBLE", "0.1"),
            ("FLOAT", "0.1"),
            ("VARCHAR", "\"it's \\\\ a \\\"\""),
            ("VARCHAR", "\"Ä🦀\""),
            ("BINARY", "\"AP8=\""),
            ("DATE", "\"2026-01-02\""),
            ("TIMESTAMP", "\"2026-01-02T03:04:05.123456Z\""),
            ("BOOLEAN", "true"),
        ]
    }

    async fn counted(&mut self) -> Vec<&'static str> {
        Vec::new()
    }

    async fn doubled(&mut self) -> Vec<&'static str> {
        // Computed columns need a licence.
        Vec::new()
    }

    fn spelling(&self, holds: ColumnKind, _is_key: bool) -> &'static str {
        match holds {
            ColumnKind::Booleans => "BOOLEAN",
            ColumnKind::Integers => "BIGINT",
            ColumnKind::Decimals => "DECIMAL(76, 30)",
            ColumnKind::Floats => "DOUBLE",
            ColumnKind::Text | ColumnKind::Times => "VARCHAR",
            ColumnKind::Bytes => "BINARY",
            ColumnKind::Dates => "DATE",
            ColumnKind::Timestamps => "TIMESTAMP",
            ColumnKind::Documents => "VARIANT",
        }
    }

    fn home(&self) -> &str {
        &self.admin.database
    }

    async fn columns(&mut self, table: &str) -> Vec<String> {
        let columns = self
            .admin
            .query(&format!(
                "SELECT concat(name, ' ', data_type, if(is_nullable = 'NO', '!', '')) FROM system.columns \
                 WHERE database = currentDatabase() AND table = {}",
                literal(table)
            ))
            .await;
        let comment = self
            .admin
            .query(&format!(
                "SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = {}",
                literal(table)
            ))
            .await;
        let comment = comment.into_iter().flatten().flatten().next().unwrap_or_default();
        let key = comment.strip_prefix("primary key ").map(|names| {
            let names: Vec<String> = serde_json::from_str(names).expect("a list of names");
            format!("key {}", names.join(","))
        });
        columns.into_iter().flatten().flatten().chain(key).collect()
    }

    async fn waits(&mut self) {
        unreachable!("no clause that waits for a lock is held against this server");
    }
}

pub(crate) fn quoted(name: &str) -> String {
    match name.contains('\\') {
        true => format!("`{name}`"),
        false => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

fn declaration(column: &ColumnSpec, is_key: bool) -> String {
    let kind = match column.kind {
        Kind::Text => "VARCHAR",
        Kind::Integer => "BIGINT",
        Kind::Decimal => "DECIMAL(48, 10)",
        Kind::Boolean => "BOOLEAN",
        Kind::Json => "VARIANT",
        Kind::Timestamp => "TIMESTAMP",
        Kind::Native(named) => named,
    };
    let null = if is_key || column.required { " NOT NULL" } else { " NULL" };
    // The server wants the default behind the type.
    let (kind, own) =
        kind.split_once(" DEFAULT ").map_or((kind, None), |(kind, own)| (kind, Some(own)));
    let default = column.default.as_deref().map(literal).or(own.map(str::to_owned));
    let default = default.map_or_else(String::new, |value| format!(" DEFAULT {value}"));
    format!("{} {kind}{null}{default}", quoted(&column.name))
}

/// How a column is read as the contract wants its text.
fn reading(column: &ColumnSpec) -> String {
    let name = quoted(&column.name);
    match column.kind {
        // Without zeros at the end.
        Kind::Decimal => {
            format!("trim(TRAILING '.' FROM trim(TRAILING '0' FROM CAST({name} AS VARCHAR)))")
        }
        Kind::Boolean => format!("CAST({name} AS VARCHAR)"),
        Kind::Timestamp => {
            format!("concat(substr(replace(CAST({name} AS VARCHAR), ' ', 'T'), 1, 23), 'Z')")
        }
        Kind::Native(kind) if ["ARRAY", "MAP", "TUPLE"].iter().any(|it| kind.starts_with(it)) => {
            format!("IF({name} IS NULL, NULL, json_to_string(CAST({name} AS VARIANT)))")
        }
        Kind::Native(kind) if kind.starts_with("VECTOR") => name,
        Kind::Native("GEOMETRY" | "GEOGRAPHY") => format!("st_asewkt({name})"),
        Kind::Native("BINARY") => format!("lower(hex({name}))"),
        Kind::Json => format!("json_to_string({name})"),
        Kind::Text | Kind::Integer | Kind::Native(_) => format!("CAST({name} AS VARCHAR)"),
    }
}
