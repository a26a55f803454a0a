//! One invocation of ten thousand rows, some of which cannot be written, against the same rows all
//! good. Every bad row becomes a letter on a real broker.

use std::error::Error;

use bytes::Bytes;
use sluice_tests::services;

use crate::results::figures::Figure;
use crate::results::median::Spread;
use crate::setting::counter::Counter;
use crate::setting::database::{Database, SCHEMA};
use crate::setting::event;
use crate::setting::kafka;
use crate::setting::lambda::Function;
use crate::setting::orders::Order;

type Failed = Box<dyn Error + Sync + Send>;

const ROWS: u64 = 10_000;
const RUNS: usize = 5;
const LETTERS: &str = "sluice-bench-letters";
/// The server refuses these.
const CHECK: &str = ", PRIMARY KEY (id), CHECK (note <> 'bad')";

/// Who refuses a row, and how it is known which.
#[derive(Clone, Copy)]
enum Kind {
    /// A constraint; PostgreSQL's COPY tells the line.
    Append,
    /// A constraint; PostgreSQL does not tell the row.
    Upsert,
    /// The encoder.
    Value,
}

impl Kind {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Kind::Append => ("append", "append, refused by a CHECK"),
            Kind::Upsert => ("upsert", "upsert, refused by a CHECK"),
            Kind::Value => ("value", "append, no number for its column"),
        }
    }

    fn mode(self) -> &'static str {
        if matches!(self, Kind::Upsert) { "upsert" } else { "insert" }
    }

    /// The records, of which every `step`th is bad.
    fn event(self, step: Option<u64>) -> Result<Bytes, Failed> {
        let records = (0..ROWS).map(|id| {
            let json = Order::new(id, 340).json();
            match step {
                Some(step) if id % step == step / 2 => self.spoil(&json),
                _ => json,
            }
        });
        event::events(records).pop().ok_or_else(|| "no event".into())
    }

    fn spoil(self, json: &str) -> String {
        let (before, after) = match self {
            Kind::Value => ("\"amount\":", ",\"currency\""),
            Kind::Append | Kind::Upsert => ("\"note\":", ",\"items\""),
        };
        let start = json.find(before).map_or(0, |at| at + before.len());
        let end = json.find(after).unwrap_or(json.len());
        format!("{}\"bad\"{}", &json[..start], &json[end..])
    }
}

/// What one invocation took: milliseconds, calls and round trips to the database.
struct Cost {
    millis: Spread,
    calls: u64,
    trips: u64,
}

/// Measures one, ten and a hundred per cent of each kind.
///
/// # Errors
/// A server or the function fails, or rows are missing.
pub async fn measure(database: &Database) -> Result<Vec<Figure>, Failed> {
    let broker = services::kafka();
    kafka::create(&broker, LETTERS, 1).await?;
    let mut figures = Vec::new();
    for kind in [Kind::Append, Kind::Upsert, Kind::Value] {
        let good = cost(database, &broker, kind, None).await?;
        for (percent, step) in [(1, 100), (10, 10), (100, 1)] {
            let bad = cost(database, &broker, kind, Some(step)).await?;
            figures.push(figure(kind, percent, &bad, &good));
        }
    }
    kafka::delete(&broker, LETTERS).await?;
    Ok(figures)
}

fn figure(kind: Kind, percent: u64, bad: &Cost, good: &Cost) -> Figure {
    let (id, words) = kind.words();
    let count = ROWS * percent / 100;
    let ratio = bad.millis.median / good.millis.median;
    let figure = Figure::new(
        &format!("bad-{id}-{percent}"),
        format!("10,000 rows, {percent} % bad: {words}"),
        ratio,
        "× the time",
    );
    let detail = format!(
        "{:.0} ms against {:.0} ms; {} letters; {} calls in {} round trips against {} in {}",
        bad.millis.median, good.millis.median, count, bad.calls, bad.trips, good.calls, good.trips
    );
    let figure = figure.against("the same rows all good").detail(detail);
    match percent {
        1 => figure.at_most(3.0, 3.0),
        10 => figure.at_most(10.0, 10.0),
        _ => figure,
    }
}

async fn cost(
    database: &Database,
    broker: &str,
    kind: Kind,
    step: Option<u64>,
) -> Result<Cost, Failed> {
    let table = format!("{SCHEMA}.spoilt");
    database.create_orders("spoilt", CHECK).await?;
    let counter = Counter::before(database.target).await?;
    let url = database.target.in_the_clear(&database.url, &counter.address);
    let options = [
        ("connection.url", url.as_str()),
        ("table.name.format", &table),
        ("insert.mode", kind.mode()),
        ("pk.mode", "record_value"),
        ("errors.tolerance", "all"),
        ("errors.deadletterqueue.topic.name", LETTERS),
        ("kafka.bootstrap.servers", broker),
        ("errors.log.enable", "false"),
    ];
    let mut function = Function::start(database.target, &options).await?;
    // The producer is connected before the clock runs, as the database is.
    function.invoke(&Kind::Value.event(Some(ROWS))?).await?;
    let event = kind.event(step)?;
    let (mut times, mut last) = (Vec::new(), (0, 0));
    for _ in 0..RUNS {
        database.empty(&table).await?;
        let _ = counter.take();
        times.push(function.invoke(&event).await?.as_secs_f64() * 1e3);
        last = counter.take();
        let found = database.number(&format!("SELECT count(*) FROM {table}")).await? as u64;
        let expected = ROWS - step.map_or(0, |step| ROWS / step);
        if found != expected {
            return Err(format!("{found} rows are there instead of {expected}").into());
        }
    }
    Ok(Cost { millis: Spread::of(times), calls: last.0, trips: last.1 })
}
