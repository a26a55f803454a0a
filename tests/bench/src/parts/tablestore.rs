//! Tablestore: the built function beside the official Java client's writer, both into a service of ours that takes
//! every row. They take turns. Every run is checked by what the service received: each row once, and the same bytes from
//! both.

use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;

use bytes::Bytes;
use sluice_tests::database::target::Target;
use sluice_tests::services::binary;

use crate::results::figures::{self, Figure, Run, TABLESTORE};
use crate::results::ratio::ratio;
use crate::results::report;
use crate::setting::event;
use crate::setting::lambda::Function;
use crate::setting::machine::{Machine, said};
use crate::setting::orders::Order;

mod received;
mod service;
mod signature;
mod wire;
mod writer;

use received::{MOST_BYTES, MOST_ROWS, Received};
use service::Service;
use writer::Writer;

type Failed = Box<dyn Error + Sync + Send>;

/// Rows of one run, unless `BENCH_ROWS` says otherwise, and the bytes of a record.
const ROWS: u64 = 300_000;
const SIZE: usize = 340;
const RUNS: usize = 5;
/// How often the Java client writes all rows before it is measured: its code is compiled meanwhile.
const WARM_UP: usize = 3;
/// What an answer of a slow service waits, in milliseconds.
const SLOW: u64 = 5;
const INSTANCE: &str = "bench";
/// How many times as fast as the Java client the function is to be.
const GOAL: f64 = 3.0;

/// A way to write: the name of its figure, in words, the function's options, what the Java client does, and what an
/// answer waits, in milliseconds.
struct Way {
    id: &'static str,
    what: &'static str,
    options: &'static [(&'static str, &'static str)],
    operation: &'static str,
    delay: u64,
}

const WAYS: [Way; 3] = [
    Way { id: "append", what: "put, events of 6 MB", options: &[], operation: "put", delay: 0 },
    Way {
        id: "append-slow",
        what: "put, events of 6 MB, each answer after 5 ms",
        options: &[],
        operation: "put",
        delay: SLOW,
    },
    Way {
        id: "upsert",
        what: "update, events of 6 MB",
        options: &[("insert.mode", "upsert"), ("pk.mode", "record_value")],
        operation: "update",
        delay: 0,
    },
];

/// Measures, and keeps the figures.
///
/// # Errors
/// The function or the client fails, or rows are missing or not the same.
pub async fn run(command: String) -> Result<(), Failed> {
    let run = Run {
        date: said("date", &["-u", "+%Y-%m-%d %H:%M"]),
        command,
        machine: Machine::here("a compiled service that takes every row"),
    };
    let mut bench = Bench::new()?;
    let mut measured = Vec::new();
    for way in WAYS {
        measured.extend(bench.measure(&way).await?);
    }
    let size = std::fs::metadata(binary(TABLESTORE))?.len() as f64 / 1e6;
    measured.push(Figure::new("binary", "binary, stripped", size, "MB").at_most(7.0, 6.0));
    for figure in &measured {
        println!("{}", report::line(figure));
    }
    if bench.rows != ROWS {
        println!("not kept: BENCH_ROWS is set");
        return Ok(());
    }
    let measured = measured.into_iter().map(|figure| figure.of_connector(TABLESTORE)).collect();
    report::write(&figures::keep(measured, &run)?)
}

struct Bench {
    service: Service,
    writer: Writer,
    rows: u64,
    events: Vec<Bytes>,
    file: PathBuf,
}

impl Bench {
    fn new() -> Result<Self, Failed> {
        let rows = std::env::var("BENCH_ROWS").ok().and_then(|rows| rows.parse().ok());
        let rows = rows.unwrap_or(ROWS);
        let orders: Vec<Order> = (0..rows).map(|id| Order::new(id, SIZE)).collect();
        let mut lines = String::new();
        for order in &orders {
            writeln!(lines, "{}", order.cells(Target::Postgres).join("\t"))?;
        }
        let file = format!("sluice-bench-{}.tsv", std::process::id());
        let file = std::env::temp_dir().join(file);
        std::fs::write(&file, lines)?;
        let events = event::events(orders.iter().map(Order::json));
        let service = Service::start()?;
        let writer = Writer::start(&service.url, INSTANCE, &file.to_string_lossy())?;
        Ok(Self { service, writer, rows, events, file })
    }

    async fn measure(&mut self, way: &Way) -> Result<Vec<Figure>, Failed> {
        let mut function = self.function(way.options).await?;
        let (idle, _) = function.memory()?;
        self.service.delay(0);
        for _ in 0..WARM_UP {
            self.writer.write(way.operation).await?;
        }
        function.invoke_all(&self.events).await?;
        self.service.look();
        self.service.delay(way.delay);
        let (mut ours, mut theirs, mut last) = (Vec::new(), Vec::new(), None);
        for _ in 0..RUNS {
            ours.push(function.invoke_all(&self.events).await?.as_secs_f64());
            let (by_us, least) = (self.received("the function")?, self.least_requests());
            theirs.push(self.writer.write(way.operation).await?);
            let by_them = self.received("the official client")?;
            if !by_us.is_same(&by_them) {
                return Err("the function and the official client write different rows".into());
            }
            if by_us.requests != least.max(by_us.bytes.div_ceil(MOST_BYTES)) {
                return Err(format!("{} requests instead of {least}", by_us.requests).into());
            }
            last = Some((by_us, by_them));
        }
        let (_, peak) = function.memory()?;
        let against = "the official Java client's TableStoreWriter, its rows in memory as text";
        let figure = ratio(way.id, way.what, against, self.rows, ours, theirs, GOAL);
        let counts = last.map(|(by_us, by_them)| counted(&by_us, &by_them)).unwrap_or_default();
        let detail = format!("{}; {counts}", figure.detail);
        let mut figures = vec![figure.detail(detail)];
        if way.id == "append" {
            figures.extend(memory(idle, peak));
        }
        Ok(figures)
    }

    async fn function(&self, more: &[(&str, &str)]) -> Result<Function, Failed> {
        let options = [
            ("connection.url", self.service.url.as_str()),
            ("connection.user", signature::ID),
            ("connection.password", signature::SECRET),
            ("connection.instance", INSTANCE),
            ("connection.region", signature::REGION),
            ("table.name.format", wire::TABLE),
        ];
        Function::start_program(TABLESTORE, &[&options, more].concat()).await
    }

    /// What the service received in a run of `who`.
    fn received(&self, who: &str) -> Result<Received, Failed> {
        let received = self.service.look();
        let Received { rows, requests, .. } = received;
        match received.is_complete(self.rows as usize) {
            true => Ok(received),
            false => {
                Err(format!("{rows} rows came from {who} in {requests} requests, or not each once")
                    .into())
            }
        }
    }

    /// In how many requests the rows of these events fit, by the limit of rows.
    fn least_requests(&self) -> usize {
        self.events.iter().map(|event| event::records(event).div_ceil(MOST_ROWS)).sum()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

fn counted(by_us: &Received, by_them: &Received) -> String {
    let megabytes = by_us.bytes as f64 / 1e6;
    format!(
        "{megabytes:.0} MB in {} requests, the fewest possible, and {} others, against {} and {}",
        by_us.requests, by_us.others, by_them.requests, by_them.others
    )
}

fn memory(idle: u64, peak: u64) -> [Figure; 2] {
    let figure = |id, what, bytes: u64| Figure::new(id, what, bytes as f64 / 1e6, "MB");
    [
        figure("rss-idle", "memory (RSS), waiting for the first event", idle).at_most(10.0, 8.0),
        figure("rss-peak", "memory (RSS), most ever at events of 6 MB", peak).at_most(40.0, 35.0),
    ]
}
