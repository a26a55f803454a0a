//! One instance of the stand-in, as a test sees it from behind the service.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use sluice_testkit::invocation::{self, Options};
use tablestore::TablestoreSink;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The credentials of every instance.
pub(crate) const LOGIN: Options<'static> =
    &[("connection.user", "sluice"), ("connection.password", "sluice-secret")];

/// An instance of its own for each test.
pub(crate) struct StandIn {
    pub(crate) name: String,
    address: String,
}

impl StandIn {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let url = std::env::var("TEST_TABLESTORE").unwrap_or_else(|_| {
            panic!("TEST_TABLESTORE is not set: eval \"$(scripts/services.sh env)\"")
        });
        let address = url.trim_start_matches("http://").to_owned();
        Self { name: format!("t-{}-{number}", std::process::id()), address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A sink that has not connected yet.
    pub(crate) fn sink(&self, options: Options<'_>) -> TablestoreSink {
        let url = self.url();
        let place = [
            ("connection.url", url.as_str()),
            ("connection.instance", &self.name),
            ("connection.region", "cn-hangzhou"),
        ];
        let options = [&place, LOGIN, options].concat();
        invocation::configure(&options).expect("good options")
    }

    /// Makes a table with this key, each part as `[name, type]`; replaces one of that name.
    pub(crate) async fn table(&self, name: &str, key: Value) {
        self.post("tables", json!({ "name": name, "key": key })).await;
    }

    /// Makes a time-series table; replaces one of that name.
    pub(crate) async fn series_table(&self, name: &str) {
        self.post("tables", json!({ "name": name, "series": true })).await;
    }

    /// Points of a table as lines, sorted: `measurement/source[tags]@time | field=value …`.
    pub(crate) async fn points(&self, table: &str) -> Vec<String> {
        let Value::Array(points) = self.get(&format!("rows/{table}")).await else {
            panic!("there is no table {table}")
        };
        let point = |point: &Value| {
            let [measurement, source, tags] = ["_m_name", "_data_source", "_tags"]
                .map(|name| point["key"][name][1].as_str().expect("text").replace('"', ""));
            let (time, fields) = (&point["key"]["_time"][1], cells(point, "columns").join(" "));
            format!("{measurement}/{source}{tags}@{time} | {fields}")
        };
        let mut lines: Vec<String> = points.iter().map(point).collect();
        lines.sort();
        lines
    }

    /// Switches faults on, and those of before off.
    pub(crate) async fn faults(&self, faults: Value) {
        self.post("faults", faults).await;
    }

    /// Rows of a table as lines, sorted: `key | column=value …`; a value has no type where JSON tells it.
    pub(crate) async fn rows(&self, table: &str) -> Vec<String> {
        let Value::Array(rows) = self.get(&format!("rows/{table}")).await else {
            panic!("there is no table {table}")
        };
        let mut lines: Vec<String> = rows.iter().map(line).collect();
        lines.sort();
        lines
    }

    /// The requests so far, with this operation.
    pub(crate) async fn requests(&self, operation: &str) -> Vec<Value> {
        let Value::Array(log) = self.get("log").await else { panic!("a log is a list") };
        log.into_iter().filter(|entry| entry["operation"] == operation).collect()
    }

    pub(crate) async fn get(&self, what: &str) -> Value {
        self.exchange("GET", what, "").await
    }

    pub(crate) async fn post(&self, what: &str, body: Value) -> Value {
        self.exchange("POST", what, &body.to_string()).await
    }

    async fn exchange(&self, method: &str, what: &str, body: &str) -> Value {
        let mut connection = TcpStream::connect(&self.address).await.expect("the stand-in is up");
        let request = format!(
            "{method} /stand-in/{}/{what} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            self.name,
            body.len()
        );
        connection.write_all(request.as_bytes()).await.expect("it reads");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer of HTTP");
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        serde_json::from_str(body).expect("JSON")
    }
}

fn line(row: &Value) -> String {
    let (key, columns) = (cells(row, "key"), cells(row, "columns"));
    format!("{} | {}", key.join(" "), columns.join(" ")).trim_end().to_owned()
}

/// The cells of a part of a row, sorted.
fn cells(row: &Value, part: &str) -> Vec<String> {
    let shown = |(name, cell): (&String, &Value)| match (cell[0].as_str(), &cell[1]) {
        (Some("binary"), value) => format!("{name}=base64:{value}"),
        (_, value) => format!("{name}={value}"),
    };
    let mut cells: Vec<String> =
        row[part].as_object().expect("an object").iter().map(shown).collect();
    cells.sort();
    cells
}
