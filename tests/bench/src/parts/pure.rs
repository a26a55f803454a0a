//! Decode, map and encode: all a function does with an event save talking to the server, on the
//! path that production takes, against the rival's.

use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

use analyticdb_postgresql::EncodeOnly;
use bumpalo::Bump;
use bytes::Bytes;
use futures_util::FutureExt;
use sluice_bridge::event::EventForm;
use sluice_bridge::event::incoming::Incoming;
use sluice_bridge::model::table::TableName;
use sluice_bridge::options::encoding::Encoding;
use sluice_bridge::options::rules::Rules;
use sluice_bridge::run::pipeline;
use sluice_bridge::run::tries::Tries;
use sluice_bridge::run::waiting::Waiting;
use sluice_testkit::invocation::{self, TestClock};
use sluice_tests::database::session::Session;

use crate::results::figures::Figure;
use crate::results::median::Spread;
use crate::rivals::rival;
use crate::setting::database::Database;
use crate::setting::event;
use crate::setting::orders::Order;

type Failed = Box<dyn Error + Sync + Send>;

/// How long each of the two works at a time, and how often.
const ROUND: Duration = Duration::from_millis(700);
const ROUNDS: usize = 7;
/// More than the caches hold, as real events come fresh from a socket.
const EVENTS: usize = 6;

/// The other platform's event.
const CLOUD_EVENTS: EventForm =
    EventForm::FunctionCompute { key: Encoding::Text, value: Encoding::Text };

/// Records a second, ours and the rival's, and ours of Function Compute's event.
struct Rates {
    ours: Spread,
    rival: Spread,
    cloud_events: Spread,
}

/// Small records on one core, larger ones on two.
///
/// # Errors
/// The table cannot be described, or an event not be handled.
pub async fn figures(database: &Database) -> Result<Vec<Figure>, Failed> {
    let small = measure(database, 340, 1).await?;
    let large = measure(database, 1400, 2).await?;
    let bytes = large.ours.median * 1400.0 / 1e9;
    let what = |text: &str| format!("decode, map and encode: {text}");
    Ok(vec![
        small.ratio("decode-340", &what("340 B records, one core")).at_least(4.0, 4.0),
        Figure::new(
            "decode-340-rate",
            what("340 B records, one core"),
            small.ours.median / 1e6,
            "M rec/s",
        )
        .at_least(1.0, 1.5)
        .detail(shown(small.ours)),
        small.of_cloud_events("decode-340-cloud-events", &what("340 B records, CloudEvents")),
        large.ratio("decode-1400", &what("1.4 KB records, two cores")),
        Figure::new("decode-1400-rate", what("1.4 KB records, two cores"), bytes, "GB/s")
            .at_least(1.2, 1.5)
            .detail(format!("of record values; {} M rec/s", shown(large.ours))),
    ])
}

impl Rates {
    fn ratio(&self, id: &str, what: &str) -> Figure {
        let Self { ours, rival, .. } = self;
        Figure::new(id, what, ours.median / rival.median, "×")
            .against("`aws_lambda_events`, `serde_json::Value`, text parameters")
            .detail(format!("{} against {} M rec/s", shown(*ours), shown(*rival)))
    }

    fn of_cloud_events(&self, id: &str, what: &str) -> Figure {
        let Self { ours, cloud_events, .. } = self;
        Figure::new(id, what, cloud_events.median / ours.median, "×")
            .against("Lambda's event of the same records")
            .detail(format!("{} against {} M rec/s", shown(*cloud_events), shown(*ours)))
    }
}

/// In millions.
fn shown(Spread { median, least, most }: Spread) -> String {
    format!("{:.2} ({:.2}–{:.2})", median / 1e6, least / 1e6, most / 1e6)
}

/// Measures records of `size` bytes on as many threads as told, each with events of its own.
async fn measure(database: &Database, size: usize, threads: usize) -> Result<Rates, Failed> {
    let table = database.create_orders("pure", "").await?;
    let Session::Postgres(client) = &database.session else { return Err("only PostgreSQL".into()) };
    let mut sinks = Vec::new();
    for _ in 0..threads {
        sinks.push(
            EncodeOnly::of(client, &table)
                .await
                .map_err(|error| error.cause.message.to_string())?,
        );
    }
    let values: Vec<Vec<String>> = (0..threads as u64)
        .map(|thread| {
            let count = EVENTS as u64 * (6_200_000 / (size as u64 * 4 / 3 + 150)).min(10_000);
            (0..count).map(|id| Order::new(thread << 32 | id, size).json()).collect()
        })
        .collect();
    let events: Vec<_> = values.iter().map(|values| event::events(values.clone())).collect();
    let clouds: Vec<_> = values.iter().map(|values| event::cloud_events(values)).collect();
    drop(values);
    let rules = rules(&table);
    let [mut ours, mut theirs, mut cloud_events] = [(); 3].map(|()| Vec::new());
    for _ in 0..ROUNDS {
        for (form, events, rates) in
            [(EventForm::Lambda, &events, &mut ours), (CLOUD_EVENTS, &clouds, &mut cloud_events)]
        {
            rates.push(rate(&mut sinks, events, |sink, events| {
                work(events, |arena, event| our_way(sink, &rules, form, arena, event))
            })?);
        }
        theirs.push(rate(&mut sinks, &events, |_, events| {
            work(events, |_, event| Ok(rival::handle(event)?.0))
        })?);
    }
    database.run("DROP TABLE sluice_bench.pure").await?;
    let [ours, rival, cloud_events] = [ours, theirs, cloud_events].map(Spread::of);
    Ok(Rates { ours, rival, cloud_events })
}

fn rules(table: &TableName) -> Rules {
    invocation::rules(&[("table.name.format", &table.to_string().replace('"', ""))])
}

/// The sum of what all threads do.
fn rate(
    sinks: &mut [EncodeOnly],
    events: &[Vec<Bytes>],
    one: impl Fn(&mut EncodeOnly, &[Bytes]) -> Result<f64, Failed> + Sync,
) -> Result<f64, Failed> {
    let one = &one;
    thread::scope(|scope| {
        let threads: Vec<_> = sinks
            .iter_mut()
            .zip(events)
            .map(|(sink, events)| scope.spawn(move || one(sink, events)))
            .collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| "a thread panicked")?).sum()
    })
}

fn work(
    events: &[Bytes],
    mut handle: impl FnMut(&mut Bump, &[u8]) -> Result<usize, Failed>,
) -> Result<f64, Failed> {
    let start = Instant::now();
    let mut records = 0;
    let mut arena = Bump::new();
    for event in events.iter().cycle() {
        arena.reset();
        records += handle(&mut arena, event)?;
        if start.elapsed() >= ROUND {
            break;
        }
    }
    Ok(records as f64 / start.elapsed().as_secs_f64())
}

fn our_way(
    sink: &mut EncodeOnly,
    rules: &Rules,
    form: EventForm,
    arena: &Bump,
    body: &[u8],
) -> Result<usize, Failed> {
    let mut event = Incoming::of(form, body, arena);
    let clock = TestClock::new(Duration::MAX);
    let (mut waiting, mut tries) = (Waiting::default(), Tries::default());
    let written = pipeline::write(sink, &mut event, rules, &clock, &mut waiting, &mut tries);
    let written = written.now_or_never();
    let outcome = written.ok_or("there is nothing to wait for")?;
    let outcome = outcome.map_err(|given_back| given_back.error.cause.message.to_string())?;
    Ok(outcome.written)
}
