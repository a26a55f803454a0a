//! From a table into a topic: the built source beside a plain loop that does the same, and how soon and in how much
//! memory the source does it.

use std::error::Error;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value;
use sluice_tests::services::kafka as broker;

use crate::results::figures::Figure;
use crate::results::median::Spread;
use crate::setting::database::{Database, SCHEMA};
use crate::setting::kafka;
use crate::setting::lambda::Function;

mod floor;
mod plain_loop;

type Failed = Box<dyn Error + Sync + Send>;

/// Rows of the table, unless `BENCH_ROWS` says otherwise.
const ROWS: u64 = 1_000_000;
const RUNS: usize = 3;
const STARTS: usize = 11;
const PARTITIONS: i32 = 4;
const CONNECTOR: &str = "mysql-source";
const PREFIX: &str = "sluice-bench-";
const TOPIC: &str = "sluice-bench-source_rows";
const FIRST: &str = "sluice-bench-source_first";
const OFFSETS: &str = "sluice-bench-rows-offsets";
/// Eight columns, about 205 bytes.
const COLUMNS: &str = "id bigint AUTO_INCREMENT PRIMARY KEY, customer varchar(60) NOT NULL, amount decimal(12,2) NOT NULL, \
    currency char(3) NOT NULL, quantity int, note varchar(120), paid tinyint(1) NOT NULL, created_at datetime(6) NOT NULL";
const VALUES: &str = "concat('Customer number ', seq), seq % 90000 + 0.25, 'EUR', if(seq % 7 = 0, NULL, seq % 100), \
    repeat('n', 100), seq % 2, '2026-11-20 10:15:30.123456' + INTERVAL seq SECOND";

/// How many rows this run has, and whether they are as many as its figures stand for.
#[must_use]
pub fn rows() -> (u64, bool) {
    let given = std::env::var("BENCH_ROWS").ok().and_then(|rows| rows.parse().ok());
    (given.unwrap_or(ROWS), given.is_none_or(|rows| rows == ROWS))
}

/// Reads the table with both, in turn.
///
/// # Errors
/// A server or the function fails, or rows are missing.
pub async fn measure(database: &Database) -> Result<Vec<Figure>, Failed> {
    let (rows, _) = rows();
    let table = fill(database, "source_rows", rows).await?;
    let (mut ours, mut theirs, mut most) = (Vec::new(), Vec::new(), 0);
    for _ in 0..RUNS {
        kafka::create(&broker(), TOPIC, PARTITIONS).await?;
        let (took, memory) = ours_once(database, "source_rows", rows).await?;
        ours.push(rows as f64 / took.as_secs_f64());
        most = most.max(memory);
        kafka::create(&broker(), TOPIC, PARTITIONS).await?;
        let start = Instant::now();
        let read = plain_loop::run(&database.url, &table, &broker(), TOPIC).await?;
        if read != rows {
            return Err(format!("the loop has read {read} rows").into());
        }
        theirs.push(rows as f64 / start.elapsed().as_secs_f64());
    }
    let (first, floor) = starts(database).await?;
    for topic in [TOPIC, FIRST, OFFSETS] {
        kafka::delete(&broker(), topic).await?;
    }
    Ok(figures(rows, (ours, theirs), most, (first, floor)))
}

fn figures(
    rows: u64,
    (ours, theirs): (Vec<f64>, Vec<f64>),
    most: u64,
    (first, floor): (Vec<f64>, Vec<f64>),
) -> Vec<Figure> {
    let (ours, theirs) = (Spread::of(ours), Spread::of(theirs));
    let (first, floor) = (Spread::of(first), Spread::of(floor));
    let what = "table → topic, incrementing, exactly once, process start included";
    let spread = |it: Spread| format!("{:.0} ({:.0}–{:.0}) rows/s", it.median, it.least, it.most);
    vec![
        Figure::new("source-loop", what, ours.median / theirs.median, "×")
            .against(
                "a loop of mysql_async, serde_json and one await for each batch, at least once",
            )
            .at_least(1.5, 2.0)
            .detail(format!("{rows} rows; {} against {}", spread(ours), spread(theirs))),
        Figure::new("source-rate", what, ours.median, "rows/s"),
        Figure::new("source-rss", "memory (RSS), most ever", most as f64 / 1e6, "MB")
            .at_most(40.0, 30.0),
        Figure::new(
            "source-first",
            "process start → first record committed, invocation answered",
            first.median,
            "ms",
        )
        .at_most(50.0, 30.0)
        .detail(format!(
            "{:.1}–{:.1} ms, {STARTS} starts; {:.1} ms ({:.1}–{:.1}) of it need the brokers alone: a bare client that \
             connects, takes over and commits one record",
            first.least, first.most, floor.median, floor.least, floor.most
        )),
    ]
}

/// A table with so many rows.
async fn fill(database: &Database, name: &str, rows: u64) -> Result<String, Failed> {
    let table = format!("{SCHEMA}.{name}");
    database
        .run(&format!("DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({COLUMNS})"))
        .await?;
    let columns = "customer, amount, currency, quantity, note, paid, created_at";
    // MariaDB's engine SEQUENCE makes numbers.
    let insert =
        format!("INSERT INTO {table} ({columns}) SELECT {VALUES} FROM sluice.seq_1_to_{rows}");
    database.run(&insert).await?;
    database.settle().await?;
    Ok(table)
}

/// From the start of the process until all rows are committed, and the most memory it had.
async fn ours_once(database: &Database, table: &str, rows: u64) -> Result<(Duration, u64), Failed> {
    kafka::delete(&broker(), OFFSETS).await?;
    let start = Instant::now();
    let mut function = source(database, table).await?;
    let mut written = 0;
    loop {
        let answer = ask(&mut function).await?;
        written += answer["rows"].as_u64().unwrap_or_default();
        if answer["done"] == true {
            break;
        }
    }
    let took = start.elapsed();
    if written != rows {
        return Err(format!("the source has written {written} rows").into());
    }
    let (_, most) = function.memory()?;
    Ok((took, most))
}

/// How long it takes from the start of the process until one row is committed, in milliseconds; and how long a bare client
/// takes in between.
async fn starts(database: &Database) -> Result<(Vec<f64>, Vec<f64>), Failed> {
    let (mut took, mut floor) = (Vec::new(), Vec::new());
    kafka::create(&broker(), FIRST, 1).await?;
    for _ in 0..STARTS {
        fill(database, "source_first", 1).await?;
        // An empty topic of offsets, as every invocation but the very first one finds it.
        kafka::create_compacted(&broker(), OFFSETS).await?;
        let start = Instant::now();
        let mut function = source(database, "source_first").await?;
        let answer = ask(&mut function).await?;
        took.push(start.elapsed().as_secs_f64() * 1e3);
        if answer["rows"] != 1 {
            return Err(format!("the source does not write its row: {answer}").into());
        }
        drop(function);
        floor.push(floor::run(&broker(), FIRST, OFFSETS).await?.as_secs_f64() * 1e3);
    }
    Ok((took, floor))
}

async fn source(database: &Database, table: &str) -> Result<Function, Failed> {
    let (servers, table) = (broker(), format!("{SCHEMA}.{table}"));
    let options = [
        ("name", "sluice-bench-rows"),
        ("connection.url", database.url.as_str()),
        ("mode", "incrementing"),
        ("table.whitelist", table.as_str()),
        ("topic.prefix", PREFIX),
        ("offset.storage.topic", OFFSETS),
        ("kafka.bootstrap.servers", servers.as_str()),
    ];
    Function::start_program(CONNECTOR, &options).await
}

async fn ask(function: &mut Function) -> Result<Value, Failed> {
    let answer = function.ask(&Bytes::from_static(b"{}")).await?;
    Ok(serde_json::from_slice(&answer)?)
}
