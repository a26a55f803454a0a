//! `sluice trigger`.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use indicatif::HumanCount;
use sluice_trigger::batch::{Limits, MAX_EVENT_BYTES};
use sluice_trigger::{FunctionConfig, Mapping, Observer, Patience, StartingPosition, Summary};
use tokio::sync::Notify;

use crate::arguments::{Position, SummaryFormat, Trigger};
use crate::screen::Screen;
use crate::stop::Stop;

/// How often `--once` sends a batch again unless told: a database that is down for good must not
/// keep it for ever.
const RETRIES_ONCE: i64 = 3;

const INTERRUPTED: u8 = 130;

pub(crate) async fn run(arguments: Trigger) -> Result<ExitCode, Box<dyn Error>> {
    let mut stop = Stop::listen()?;
    let log = arguments.function_log.as_deref();
    let screen = Screen::new(log).map_err(|error| format!("cannot open the log file: {error}"))?;
    let screen = Arc::new(screen);
    let observer: Arc<dyn Observer> = Arc::clone(&screen) as _;
    let asked = Arc::new(Notify::new());
    let work = work(&arguments, observer, Arc::clone(&asked));
    let summary = tokio::select! {
        summary = work => summary,
        () = async {
            stop.signalled().await;
            asked.notify_one();
            stop.signalled().await;
        } => {
            screen.clear();
            return Ok(ExitCode::from(INTERRUPTED));
        }
    };
    screen.clear();
    let summary = summary?;
    print(&summary, arguments.summary);
    Ok(ExitCode::from(u8::from(summary.given_up > 0)))
}

async fn work(
    arguments: &Trigger,
    observer: Arc<dyn Observer>,
    asked: Arc<Notify>,
) -> Result<Summary, sluice_trigger::Error> {
    let cluster = &arguments.cluster;
    let kafka = sluice_trigger::connect(&cluster.bootstrap, &cluster.kafka).await?;
    sluice_trigger::run(&kafka, mapping(arguments), observer, asked.notified()).await
}

fn mapping(arguments: &Trigger) -> Mapping {
    let once = arguments.once;
    let retries = arguments.max_retries.unwrap_or(if once { RETRIES_ONCE } else { -1 });
    let retries = u32::try_from(retries).ok();
    Mapping {
        topics: arguments.topics.clone(),
        group: arguments.group.clone(),
        starting_position: match arguments.starting_position {
            Position::TrimHorizon => StartingPosition::TrimHorizon,
            Position::Latest => StartingPosition::Latest,
        },
        bootstrap: arguments.cluster.bootstrap.clone(),
        limits: Limits {
            records: arguments.batch_size,
            bytes: MAX_EVENT_BYTES,
            window: arguments.batch_window,
        },
        // Skipping takes an explicit limit; nobody who asked for endless retries wants it.
        patience: Patience { retries, skip: !once && retries.is_some() },
        report_item_failures: arguments.report_batch_item_failures,
        concurrency: arguments.concurrency,
        once,
        session_timeout: arguments.session_timeout,
        function: FunctionConfig {
            program: arguments.function.clone(),
            timeout: arguments.timeout,
        },
    }
}

fn print(summary: &Summary, format: SummaryFormat) {
    if format == SummaryFormat::Json {
        println!("{}", summary.to_json());
        return;
    }
    println!(
        "{} records in {:.1} s, {} records/s",
        HumanCount(summary.records),
        summary.elapsed.as_secs_f64(),
        HumanCount(summary.rate() as u64),
    );
    let counts = [
        ("batches", summary.batches),
        ("retries", summary.retries),
        ("written", summary.written),
        ("lettered", summary.lettered),
        ("filtered", summary.filtered),
        ("given up", summary.given_up),
    ];
    for (name, count) in counts {
        println!("  {name:<9} {}", HumanCount(count));
    }
}
