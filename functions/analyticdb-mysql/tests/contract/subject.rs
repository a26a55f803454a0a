//! A real server as the contract wants it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use analyticdb_mysql::MySqlSink;
use sluice_bridge::model::change::ColumnKind;
use sluice_testkit::contract::{Database, Refusal, Subject};
use sluice_testkit::{ColumnSpec, Kind, TableSpec, invocation};

use crate::support::{self, Options, Stage};

/// A database of its own for every clause, and a user of that name.
pub(crate) struct Server {
    pub(crate) stage: Stage,
    url: String,
    options: Options<'static>,
}

impl Server {
    /// A server that an environment variable names.
    pub(crate) async fn of(server: &str, options: Options<'static>) -> Self {
        let url = support::service(server);
        let place = url.rsplit_once('@').expect("the address names a user").1.to_owned();
        Self::at(server, &place, options).await
    }

    /// The same, its sinks going by another `host:port/database`.
    pub(crate) async fn at(server: &str, place: &str, options: Options<'static>) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("contract_{}_{number}", std::process::id());
        let mut stage = Stage::set(server, &name).await;
        stage.sql(&format!("CREATE USER '{name}'@'%' IDENTIFIED BY 'clause'")).await;
        stage.sql(&format!("GRANT ALL ON {name}.* TO '{name}'@'%'")).await;
        let host = place.split('/').next().unwrap_or(place);
        let url = format!("mysql://{name}:clause@{host}/{name}");
        Self { stage, url, options }
    }
}

impl Drop for Server {
    /// On a thread of its own, because the current one runs the test.
    fn drop(&mut self) {
        let (server, name) = (self.stage.server.clone(), self.stage.database.clone());
        let dropped = std::thread::spawn(move || {
            invocation::run(async {
                let mut admin = support::admin(&server).await;
                use mysql_async::prelude::Queryable;
                let drop = format!("DROP DATABASE {name}; DROP USER '{name}'@'%'");
                admin.query_drop(drop).await.is_ok()
            })
        });
        let dropped = dropped.join().unwrap_or_default();
        assert!(dropped || std::thread::panicking(), "{} stays", self.stage.database);
    }
}

impl Subject for Server {
    type Sink = MySqlSink;

    async fn create(&mut self, table: &TableSpec) {
        self.drop_table(table).await;
        let columns = table.columns.iter().enumerate();
        let columns =
            columns.map(|(place, column)| declaration(column, table.primary_key.contains(&place)));
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

    async fn sink(&mut self) -> MySqlSink {
        let url = [("connection.url", self.url.as_str())];
        let options: Vec<_> = url.into_iter().chain(self.options.iter().copied()).collect();
        support::configure(&options).expect("good options")
    }

    async fn sever(&mut self) {
        let name = &self.stage.database;
        let theirs = format!("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = '{name}'");
        loop {
            let ids = self.stage.column(&theirs).await;
            if ids.is_empty() {
                return;
            }
            for id in ids {
                // It may be gone by itself meanwhile.
                use mysql_async::prelude::Queryable;
                let _ = self.stage.admin.query_drop(format!("KILL {id}")).await;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn code(&self, why: Refusal) -> Option<&'static str> {
        Some(match why {
            Refusal::Null => "1048",
            Refusal::LeftOut => "1364",
            Refusal::Referred => "1451",
            Refusal::Excepted => self.stage.either("3819", "4025"),
        })
    }
}

impl Database for Server {
    const NAMES: &'static [&'static str] =
        &["back`tick", "`", "?", ":named", "values", "/* no comment */"];
    const IMPOSSIBLE: &'static [&'static str] = &["🦀", "ends with a space "];
    const LONGEST: usize = 64;
    /// They look like what a message says of a row.
    const POINTERS: &'static [&'static str] =
        &["c at row 1", "' at row 1", "c` at row 1", "column 'id' at row 1", "row 1"];
    const POINTED: (&'static str, &'static str) =
        ("varchar(50) CHARACTER SET latin1", "東京 at row 1");
    const REFERENCES: &'static [&'static str] = &[""];
    const UNLIKE: &'static str = "int UNIQUE";
    const COMPUTED: [&'static str; 2] =
        ["int DEFAULT (1 + 1)", "datetime DEFAULT CURRENT_TIMESTAMP"];

    async fn keys(&mut self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("smallint", "7"),
            ("bigint unsigned", "18446744073709551615"),
            ("decimal(5,1)", "7.50"),
            ("double", "0.1"),
            ("varchar(9)", "\"a\""),
            ("varchar(99)", "\"it's \\\\ a \\\"\""),
            ("varchar(9)", "7"),
            ("varchar(9) COLLATE utf8mb4_bin", "\"Ä🦀\""),
            ("varchar(9) CHARACTER SET latin1", "\"ä\""),
            ("char(5)", "\"a\""),
            ("binary(4)", "\"AP8BAg==\""),
            ("varbinary(9)", "\"AP8=\""),
            ("date", "\"2026-01-02\""),
            ("time(3)", "\"03:04:05.678\""),
            ("datetime(6)", "\"2026-01-02T03:04:05.123456\""),
            ("timestamp(3)", "\"2026-01-02T03:04:05.678Z\""),
            ("year", "2026"),
            ("bit(9)", "257"),
            ("enum('fine','bad')", "\"fine\""),
            ("set('a','b')", "\"a,b\""),
            ("boolean", "true"),
        ]
    }

    async fn counted(&mut self) -> Vec<&'static str> {
        vec!["int AUTO_INCREMENT"]
    }

    async fn doubled(&mut self) -> Vec<&'static str> {
        vec!["int GENERATED ALWAYS AS (2 * n) STORED", "int GENERATED ALWAYS AS (2 * n) VIRTUAL"]
    }

    fn spelling(&self, holds: ColumnKind, is_key: bool) -> &'static str {
        match holds {
            ColumnKind::Booleans => "tinyint(1)",
            ColumnKind::Integers => "bigint",
            ColumnKind::Decimals => "decimal(65,30)",
            ColumnKind::Floats => "double",
            ColumnKind::Text if is_key => "varchar(255)",
            ColumnKind::Text => "longtext",
            ColumnKind::Bytes => "longblob",
            ColumnKind::Dates => "date",
            ColumnKind::Times => "time(6)",
            ColumnKind::Timestamps => "datetime(6)",
            ColumnKind::Documents => self.stage.either("json", "longtext"),
        }
    }

    fn home(&self) -> &str {
        &self.stage.database
    }

    /// MySQL spells no width of an integer, and MariaDB spells its JSON as the text it is.
    async fn columns(&mut self, table: &str) -> Vec<String> {
        let of_table = format!("WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '{table}'");
        let columns = format!(
            "SELECT CONCAT(COLUMN_NAME, ' ', COLUMN_TYPE, IF(IS_NULLABLE = 'NO', '!', '')) \
             FROM information_schema.COLUMNS {of_table} ORDER BY ORDINAL_POSITION"
        );
        let key = format!(
            "SELECT CONCAT('key ', GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX)) \
             FROM information_schema.STATISTICS {of_table} AND INDEX_NAME = 'PRIMARY' \
             HAVING COUNT(*) > 0"
        );
        let columns = [self.stage.column(&columns).await, self.stage.column(&key).await].concat();
        columns.into_iter().map(|it| it.replace("bigint(20)", "bigint")).collect()
    }

    /// No list of locks tells it everywhere: a statement about offsets that takes this long waits.
    async fn waits(&mut self) {
        let busy = format!(
            "SELECT 1 FROM information_schema.PROCESSLIST WHERE USER = '{}' AND COMMAND <> 'Sleep' \
             AND INFO LIKE '%sluice_offsets%'",
            self.stage.database
        );
        loop {
            let before = self.stage.column(&busy).await;
            tokio::time::sleep(Duration::from_millis(150)).await;
            if before.len() == 1 && self.stage.column(&busy).await.len() == 1 {
                return;
            }
        }
    }
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn declaration(column: &ColumnSpec, is_key: bool) -> String {
    let kind = match column.kind {
        Kind::Text if is_key => "VARCHAR(255)",
        Kind::Text if column.default.is_some() => "VARCHAR(2000)",
        Kind::Text => "LONGTEXT",
        Kind::Integer => "BIGINT",
        Kind::Decimal => "DECIMAL(48,10)",
        Kind::Boolean => "BOOLEAN",
        Kind::Json => "JSON",
        Kind::Timestamp => "DATETIME(3)",
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
        // Without zeros at the end.
        Kind::Decimal => {
            format!("TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM CAST({name} AS CHAR)))")
        }
        Kind::Boolean => format!("IF({name}, 'true', IF({name} IS NULL, NULL, 'false'))"),
        Kind::Timestamp => {
            format!("INSERT(DATE_FORMAT({name}, '%Y-%m-%dT%H:%i:%s.%fZ'), 24, 3, '')")
        }
        Kind::Text | Kind::Integer | Kind::Json | Kind::Native(_) => name,
    }
}
