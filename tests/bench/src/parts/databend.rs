//! Databend's engine behind its HTTP front (`tests/databend`): the built function beside what a person does by hand with
//! the official driver (`tests/bench/databend.py`). They take turns.

use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value;
use sluice_tests::database::target::Target;
use sluice_tests::pipeline::sluice;
use sluice_tests::services::{binary, kafka as broker, repository};
use tokio::process::Command;

use crate::results::figures::{self, DATABEND, Figure, Run};
use crate::results::ratio::ratio;
use crate::results::report;
use crate::setting::lambda::Function;
use crate::setting::machine::{Machine, said};
use crate::setting::orders::Order;
use crate::setting::{event, kafka};

type Failed = Box<dyn Error + Sync + Send>;

/// Rows of one run, unless `BENCH_ROWS` says otherwise, and the bytes of a record.
const ROWS: u64 = 60_000;
const SIZE: usize = 340;
const RUNS: usize = 5;
/// Rows of a file by hand: about as many as an event has.
const BATCH: usize = 10_000;
/// Rows that are inserted with literals: fewer, because they take so long; and how many of them are one statement.
const LITERAL_ROWS: u64 = 3_000;
const LITERAL_BATCH: usize = 1_000;
const PARTITIONS: i32 = 4;
const DATABASE: &str = "sluice_bench";
const TABLE: &str = "orders";
const TOPIC: &str = "sluice-bench-databend";
const COLUMNS: &str = "id BIGINT NOT NULL, customer VARCHAR NULL, amount DECIMAL(12, 2) NULL, currency VARCHAR NULL, \
    created_at TIMESTAMP NULL, note VARCHAR NULL, items VARIANT NULL";
const UPSERT: [(&str, &str); 3] =
    [("insert.mode", "upsert"), ("pk.mode", "record_value"), ("pk.fields", "id")];

/// Measures, and keeps the figures.
///
/// # Errors
/// A server, the function or the driver fails, or rows are missing.
pub async fn run(command: String) -> Result<(), Failed> {
    let lake = Lake::new()?;
    lake.sql(&[&format!("CREATE DATABASE IF NOT EXISTS {DATABASE}")], "/default?").await?;
    let server = lake.ask("SELECT version()").await?;
    let run = Run {
        date: said("date", &["-u", "+%Y-%m-%d %H:%M"]),
        command,
        machine: Machine::here(&format!("Databend's engine {server}, behind a front of ours")),
    };
    let rows: Vec<Order> = (0..lake.rows).map(|id| Order::new(id, SIZE)).collect();
    let mut measured = append(&lake, &rows).await?;
    measured.extend(upsert(&lake, &rows).await?);
    measured.extend(topic(&lake, &rows).await?);
    for figure in &measured {
        println!("{}", report::line(figure));
    }
    lake.sql(&[&format!("DROP DATABASE {DATABASE}")], "/default?").await?;
    if lake.rows != ROWS {
        println!("not kept: BENCH_ROWS is set");
        return Ok(());
    }
    let measured = measured.into_iter().map(|figure| figure.of_connector(DATABEND)).collect();
    report::write(&figures::keep(measured, &run)?)
}

async fn append(lake: &Lake, rows: &[Order]) -> Result<Vec<Figure>, Failed> {
    let (events, file) = (events(rows), lake.file("append", rows)?);
    let mut function = lake.function(&[]).await?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    lake.create().await?;
    function.invoke(&events[0]).await?;
    for _ in 0..RUNS {
        lake.create().await?;
        ours.push(function.invoke_all(&events).await?.as_secs_f64());
        lake.expect(lake.rows).await?;
        lake.create().await?;
        theirs.push(lake.by_hand("load", &file, BATCH).await?);
        lake.expect(lake.rows).await?;
    }
    let against = "the official driver's bulk load (Python): a file in a stage, and one statement";
    Ok(vec![ratio("append", "append, events of 6 MB", against, lake.rows, ours, theirs, 1.0)])
}

async fn upsert(lake: &Lake, rows: &[Order]) -> Result<Vec<Figure>, Failed> {
    let changed: Vec<Order> = (0..lake.rows).map(|id| Order::new(id, SIZE + 1)).collect();
    let (first, second) = (events(rows), events(&changed));
    let files = [lake.file("new", rows)?, lake.file("changed", &changed)?];
    let mut function = lake.function(&UPSERT).await?;
    let mut runs: [Vec<f64>; 4] = Default::default();
    for _ in 0..RUNS {
        lake.create().await?;
        runs[0].push(function.invoke_all(&first).await?.as_secs_f64());
        runs[1].push(function.invoke_all(&second).await?.as_secs_f64());
        lake.expect(lake.rows).await?;
        lake.create().await?;
        runs[2].push(lake.by_hand("merge", &files[0], BATCH).await?);
        runs[3].push(lake.by_hand("merge", &files[1], BATCH).await?);
        lake.expect(lake.rows).await?;
    }
    let against = "a MERGE from a staged file of CSV, by hand";
    let [new, existing, new_by_hand, existing_by_hand] = runs;
    Ok(vec![
        ratio("upsert-new", "upsert, new keys", against, lake.rows, new, new_by_hand, 1.0),
        ratio(
            "upsert-existing",
            "upsert, existing keys",
            against,
            lake.rows,
            existing,
            existing_by_hand,
            1.0,
        ),
    ])
}

/// A topic into the table, from the start of the process to its end, beside rows that a file already holds.
async fn topic(lake: &Lake, rows: &[Order]) -> Result<Vec<Figure>, Failed> {
    kafka::create(&broker(), TOPIC, PARTITIONS).await?;
    kafka::fill(&broker(), TOPIC, PARTITIONS, rows.iter().map(Order::json)).await?;
    let literals = LITERAL_ROWS.min(lake.rows);
    let file = lake.file("literals", &rows[..literals as usize])?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        lake.create().await?;
        ours.push(lake.drain().await?.as_secs_f64());
        lake.expect(lake.rows).await?;
        lake.create().await?;
        let took = lake.by_hand("insert", &file, LITERAL_BATCH).await?;
        lake.expect(literals).await?;
        theirs.push(took * lake.rows as f64 / literals as f64);
    }
    kafka::delete(&broker(), TOPIC).await?;
    let what = "topic → table, 4 partitions, 2 processes, process start included";
    let against = "INSERT … VALUES by 1,000 rows, as batches of JDBC, without Kafka";
    Ok(vec![ratio("topic", what, against, lake.rows, ours, theirs, 10.0)])
}

fn events(rows: &[Order]) -> Vec<Bytes> {
    event::events(rows.iter().map(Order::json))
}

/// The server, and the driver's Python.
struct Lake {
    url: String,
    python: String,
    directory: PathBuf,
    rows: u64,
}

impl Lake {
    fn new() -> Result<Self, Failed> {
        let server = std::env::var("TEST_DATABEND").map_err(|_| "TEST_DATABEND is not set")?;
        let url = server.replace("/default?", &format!("/{DATABASE}?"));
        let python = std::env::var("BENCH_PYTHON").map_err(|_| "BENCH_PYTHON is not set")?;
        let directory = std::env::temp_dir().join(format!("sluice-bench-{}", std::process::id()));
        std::fs::create_dir_all(&directory)?;
        let rows = std::env::var("BENCH_ROWS").ok().and_then(|rows| rows.parse().ok());
        Ok(Self { url, python, directory, rows: rows.unwrap_or(ROWS) })
    }

    /// An empty table.
    async fn create(&self) -> Result<(), Failed> {
        let drop = format!("DROP TABLE IF EXISTS {TABLE}");
        self.sql(&[&drop, &format!("CREATE TABLE {TABLE} ({COLUMNS})")], "").await.map(|_| ())
    }

    async fn expect(&self, rows: u64) -> Result<(), Failed> {
        let found = self.ask(&format!("SELECT count(*) FROM {TABLE}")).await?;
        if found == rows.to_string() {
            Ok(())
        } else {
            Err(format!("{found} rows are there").into())
        }
    }

    async fn ask(&self, sql: &str) -> Result<String, Failed> {
        self.sql(&[sql], "").await
    }

    /// Executes statements, in another database if it is given as a part of the URL.
    async fn sql(&self, statements: &[&str], database: &str) -> Result<String, Failed> {
        let url = match database {
            "" => self.url.clone(),
            database => self.url.replace(&format!("/{DATABASE}?"), database),
        };
        self.run(&url, &[&["sql"], statements].concat()).await
    }

    /// The seconds that a way by hand takes for the rows of a file.
    async fn by_hand(&self, way: &str, file: &str, batch: usize) -> Result<f64, Failed> {
        let told = self.run(&self.url, &[way, TABLE, file, &batch.to_string()]).await?;
        Ok(told.parse()?)
    }

    async fn run(&self, url: &str, arguments: &[&str]) -> Result<String, Failed> {
        let script = repository().join("tests/bench/databend.py");
        let mut command = Command::new(&self.python);
        command.arg("-B").arg(script).arg(url).args(arguments);
        let output = command.stdin(Stdio::null()).output().await?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// The rows as a file of CSV.
    fn file(&self, name: &str, rows: &[Order]) -> Result<String, Failed> {
        let mut text = String::new();
        for order in rows {
            let cells = order.cells(Target::Postgres).map(|cell| cell.replace('"', "\"\""));
            writeln!(text, "\"{}\"", cells.join("\",\""))?;
        }
        let path = self.directory.join(format!("{name}.csv"));
        std::fs::write(&path, text)?;
        Ok(path.to_string_lossy().into_owned())
    }

    async fn function(&self, more: &[(&str, &str)]) -> Result<Function, Failed> {
        let options = [("connection.url", self.url.as_str()), ("table.name.format", TABLE)];
        Function::start_program(DATABEND, &[&options, more].concat()).await
    }

    /// Drains the topic with two function processes.
    async fn drain(&self) -> Result<Duration, Failed> {
        let start = Instant::now();
        let group = format!("{TOPIC}-{}", said("date", &["+%s%N"]));
        let output = sluice()
            .args(["trigger", "--once", "--summary", "json", "--batch-size", "10000"])
            .args(["--batch-window", "100ms", "--topics", TOPIC, "--bootstrap", &broker()])
            .args(["--group", &group, "--concurrency", "2", "--function-log", "/dev/null"])
            .arg("--function")
            .arg(binary(DATABEND))
            .env("SLUICE_CONNECTION_URL", &self.url)
            .env("SLUICE_TABLE_NAME_FORMAT", TABLE)
            .stdin(Stdio::null())
            .output()
            .await?;
        let took = start.elapsed();
        let summary: Value = serde_json::from_slice(&output.stdout).map_err(|_| {
            format!("sluice trigger failed: {}", String::from_utf8_lossy(&output.stderr))
        })?;
        if summary["written"] == self.rows {
            Ok(took)
        } else {
            Err(format!("not all: {summary}").into())
        }
    }
}

impl Drop for Lake {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
