//! `sluice trigger`.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use indicatif::HumanCount;
use sluice_trigger::metrics::Metrics;
use sluice_trigger::metrics::serve::Endpoint;
use sluice_trigger::{Mapping, Mode, Observer, Platform, Problem, Settings, Summary, retention};
use tokio::sync::Notify;

use crate::arguments::{SummaryFormat, Trigger};
use crate::display::metered::MeteredObserver;
use crate::display::output::out;
use crate::display::screen::Screen;
use crate::function::environment;
use crate::function::platform::{platform, tell_brokers};
use crate::process::stop::Stop;

const INTERRUPTED: u8 = 130;

pub(crate) async fn run(arguments: Trigger) -> Result<ExitCode, Box<dyn Error>> {
    let mapping = settings(&arguments).mapping().map_err(problems)?;
    if let Some(topic) =
        environment::letter_loop(mapping.topics.named(), &mapping.function.environment)
    {
        return Err(format!("--topics {}", environment::loop_message(&topic)).into());
    }
    let mut stop = Stop::listen()?;
    let log = arguments.function_log.as_deref();
    let screen = Screen::new(log).map_err(|error| format!("cannot open the log file: {error}"))?;
    let screen = Arc::new(screen);
    let mut observer: Arc<dyn Observer> = Arc::clone(&screen) as _;
    let mut _endpoint = None;
    if let Some(address) = &arguments.metrics {
        let metrics = Arc::new(Metrics::default());
        let endpoint = Endpoint::listen(address, Arc::clone(&metrics)).await?;
        screen.say(&format!("metrics on http://{}/metrics", endpoint.address()));
        _endpoint = Some(endpoint);
        observer = Arc::new(MeteredObserver::new(observer, metrics, mapping.group.clone()));
    }
    let stop_requested = Arc::new(Notify::new());
    let work = work(&arguments, mapping, (observer, &screen), Arc::clone(&stop_requested));
    let summary = tokio::select! {
        summary = work => summary,
        () = async {
            stop.signalled().await;
            stop_requested.notify_one();
            stop.signalled().await;
        } => {
            screen.clear();
            return Ok(ExitCode::from(INTERRUPTED));
        }
    };
    screen.clear();
    let summary = summary?;
    print(&summary, arguments.summary);
    Ok(ExitCode::from(u8::from(summary.given_up > 0 || summary.passed_over)))
}

async fn work(
    arguments: &Trigger,
    mapping: Mapping,
    (observer, screen): (Arc<dyn Observer>, &Screen),
    stop_requested: Arc<Notify>,
) -> Result<Summary, sluice_trigger::Error> {
    let cluster = &arguments.cluster;
    let kafka = sluice_trigger::connect(&cluster.bootstrap, &cluster.kafka()).await?;
    let topics = environment::letter_topics_in_cluster(&cluster.bootstrap, &mapping);
    for warning in retention::warnings(&kafka, &topics).await {
        screen.say(&format!("warning: {warning}"));
    }
    sluice_trigger::run(&kafka, mapping, observer, stop_requested.notified()).await
}

fn settings(arguments: &Trigger) -> Settings {
    let mode = Mode::from(arguments.mode);
    let platform = platform(arguments.platform);
    let reports = mode == Mode::Provisioned && platform == Platform::Lambda;
    let reports = arguments.report_batch_item_failures.unwrap_or(reports);
    let mut environment = environment::changes(&arguments.cluster, Some(reports));
    tell_brokers(platform, &arguments.cluster.bootstrap, &mut environment);
    Settings {
        function: arguments.function.clone(),
        platform,
        bootstrap: arguments.cluster.bootstrap.clone(),
        kafka: arguments.cluster.kafka(),
        topics: arguments.topics.clone(),
        topics_regex: arguments.topics_regex.clone(),
        own_topics: environment::letter_topics(&environment),
        environment,
        group: arguments.group.clone(),
        mode,
        starting_position: arguments.starting_position,
        out_of_range: arguments.on_offset_out_of_range.into(),
        metadata_max_age: arguments.metadata_max_age,
        batch_size: arguments.batch_size,
        batch_window: arguments.batch_window,
        payload_limit: arguments.payload_limit,
        filters: arguments.filters.clone(),
        max_retries: arguments.max_retries,
        max_record_age: arguments.max_record_age.flatten(),
        bisect: arguments.bisect,
        on_failure: arguments.on_failure.clone(),
        report_item_failures: arguments.report_batch_item_failures,
        concurrency: arguments.concurrency,
        timeout: arguments.timeout,
        once: arguments.once,
        session_timeout: arguments.session_timeout,
    }
}

/// Every problem on its own line.
fn problems(problems: Vec<Problem>) -> String {
    let lines =
        problems.into_iter().map(|problem| format!("--{} {}", problem.setting, problem.text));
    lines.collect::<Vec<_>>().join("\nsluice: ")
}

fn print(summary: &Summary, format: SummaryFormat) {
    if format == SummaryFormat::Json {
        out!("{}", summary.to_json());
        return;
    }
    out!(
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
        ("filtered out", summary.filtered_out),
        ("given up", summary.given_up),
        ("restarts", summary.restarts),
        ("lost", summary.lost),
        ("behind", summary.behind),
    ];
    for (name, count) in counts {
        out!("  {name:<12} {}", HumanCount(count));
    }
}
