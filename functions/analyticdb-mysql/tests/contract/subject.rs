//! A real server as the contract wants it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use analyticdb_mysql::MySqlSink;
use sluice_testkit::contract::Subject;
use sluice_testkit::memory::TextRow;
use sluice_testkit::{ColumnSpec, Kind, TableSpec, invocation};

use crate::support::{self, Options, Stage};

/// A database of its own for every clause, and a user of that name.
pub(crate) struct Server {
    stage: Stage,
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
    /// On a thread of its own, for the one at hand runs the test.
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
        let columns = table.columns.iter().enumerate();
        let columns: Vec<String> = columns
            .map(|(place, column)| declaration(column, table.primary_key.contains(&place)))
            .collect();
        let key: Vec<&str> =
            table.primary_key.iter().map(|&index| table.columns[index].name.as_str()).collect();
        let key = match key.is_empty() {
            true => String::new(),
            false => format!(", PRIMARY KEY ({})", key.join(", ")),
        };
        self.drop_table(table).await;
        let sql = format!("CREATE TABLE {} ({}{key})", table.name, columns.join(", "));
        self.stage.sql(&sql).await;
    }

    async fn drop_table(&mut self, table: &TableSpec) {
        self.stage.sql(&format!("DROP TABLE IF EXISTS {}", table.name)).await;
    }

    async fn rows(&mut self, table: &TableSpec) -> Vec<TextRow> {
        let columns: Vec<String> = table.columns.iter().map(reading).collect();
        let query = format!("SELECT {} FROM {}", columns.join(", "), table.name);
        let rows = self.stage.rows(&query).await;
        let value = |text: String| (text != "∅").then_some(text);
        rows.into_iter().map(|row| row.into_iter().map(value).collect()).collect()
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
    };
    let default =
        column.default.as_ref().map_or(String::new(), |text| format!(" DEFAULT '{text}'"));
    format!("{} {kind}{default}", column.name)
}

/// How a column is read as the contract wants its text.
fn reading(column: &ColumnSpec) -> String {
    let name = &column.name;
    match column.kind {
        // Without zeros at the end.
        Kind::Decimal => {
            format!("TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM CAST({name} AS CHAR)))")
        }
        Kind::Boolean => format!("IF({name}, 'true', IF({name} IS NULL, NULL, 'false'))"),
        Kind::Timestamp => {
            format!("INSERT(DATE_FORMAT({name}, '%Y-%m-%dT%H:%i:%s.%fZ'), 24, 3, '')")
        }
        Kind::Text | Kind::Integer | Kind::Json => name.clone(),
    }
}
