//! From a topic into a table: `sluice trigger --once` with the built function, for a number of
//! partitions.

use std::error::Error;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use sluice_tests::database::target::Target;
use sluice_tests::pipeline::sluice;
use sluice_tests::services::{binary, kafka as broker};

use crate::results::figures::Figure;
use crate::results::median::Spread;
use crate::setting::database::Database;
use crate::setting::kafka;
use crate::setting::orders::Order;

type Failed = Box<dyn Error + Sync + Send>;

/// Records of one run.
pub const RECORDS: u64 = 300_000;
const SIZE: usize = 340;
const RUNS: usize = 5;

/// What a run from a topic into a table took.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// From the start of the process to its end, or to the last row.
    pub whole: Duration,
    /// From the start of the process to the first row.
    pub first: Duration,
    /// From the first row to the last, by the server's clock.
    pub running: Duration,
}

impl Pace {
    /// Rows a second, once running.
    #[must_use]
    pub fn rate(&self) -> f64 {
        RECORDS as f64 / self.running.as_secs_f64()
    }
}

/// From a topic of four partitions with two processes.
///
/// # Errors
/// A server or a process fails, or rows are missing.
pub async fn measure(database: &Database) -> Result<Vec<Figure>, Failed> {
    const TOPIC: &str = "sluice-bench-topic";
    fill(database.target, TOPIC, 4).await?;
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let table = table(database, "from_topic", "").await?;
        runs.push(drain(database, TOPIC, &table, 2, &[]).await?);
    }
    kafka::delete(&broker(), TOPIC).await?;
    let rates = Spread::of(runs.iter().map(Pace::rate).collect());
    let whole = Spread::of(runs.iter().map(|pace| pace.whole.as_secs_f64()).collect());
    let figure = Figure::new(
        "topic-append",
        "topic → table, 4 partitions, 2 processes, append, once running",
        rates.median,
        "rows/s",
    );
    let Spread { median, least, most } = whole;
    Ok(vec![
        figure.detail(format!("300,000 rows, start to end {median:.2} s ({least:.2}–{most:.2})")),
    ])
}

/// Fills a topic with orders.
///
/// # Errors
/// The broker refuses.
pub async fn fill(target: Target, topic: &str, partitions: i32) -> Result<(), Failed> {
    kafka::create(&broker(), topic, partitions).await?;
    let orders = (0..RECORDS).map(|id| Order::new(id, SIZE).flat_json(target));
    kafka::fill(&broker(), topic, partitions, orders).await
}

/// Makes a table for them anew.
///
/// # Errors
/// The server refuses.
pub async fn table(database: &Database, name: &str, key: &str) -> Result<String, Failed> {
    let table = database.create_flat_orders(name, key).await?;
    database.settle().await?;
    Ok(table)
}

/// Drains the topic into the table with as many function processes as told.
///
/// # Errors
/// A record is not written.
pub async fn drain(
    database: &Database,
    topic: &str,
    table: &str,
    processes: usize,
    options: &[(&str, &str)],
) -> Result<Pace, Failed> {
    let began = database.clock().await?;
    let start = Instant::now();
    let output = sluice()
        .args(["trigger", "--once", "--summary", "json", "--batch-size", "10000"])
        .args(["--batch-window", "100ms", "--topics", topic, "--bootstrap", &broker()])
        .args(["--group", &format!("{topic}-{}", began.to_bits())])
        .args(["--concurrency", &processes.to_string()])
        .arg("--function")
        .arg(binary(database.target.connector()))
        .args(["--function-log", "/dev/null"])
        .env("SLUICE_CONNECTION_URL", &database.url)
        .env("SLUICE_TABLE_NAME_FORMAT", table)
        .envs(options.iter().map(|(option, value)| {
            (format!("SLUICE_{}", option.to_uppercase().replace('.', "_")), value)
        }))
        .stdin(Stdio::null())
        .output()
        .await?;
    let whole = start.elapsed();
    let summary: Value = serde_json::from_slice(&output.stdout).map_err(|_| {
        format!("sluice trigger failed: {}", String::from_utf8_lossy(&output.stderr))
    })?;
    if summary["written"] != RECORDS {
        return Err(format!("not every record is written: {summary}").into());
    }
    pace(database, table, began, whole).await
}

/// What the rows tell of their run, which began then.
///
/// # Errors
/// The rows are not all there.
pub async fn pace(
    database: &Database,
    table: &str,
    began: f64,
    whole: Duration,
) -> Result<Pace, Failed> {
    let [first, last] = ["min(taken_at)", "max(taken_at)"].map(|moment| database.seconds(moment));
    let row = database.row(&format!("SELECT count(*), {first}, {last} FROM {table}")).await?;
    let (count, first, last): (i64, f64, f64) = (row.get(0), row.get(1), row.get(2));
    if count != RECORDS as i64 {
        return Err(format!("{count} rows are there").into());
    }
    let seconds = |from: f64, to: f64| Duration::from_secs_f64((to - from).max(0.0));
    Ok(Pace { whole, first: seconds(began, first), running: seconds(first, last) })
}
