//! Runs one connector, and starts it again when it ends, until it must stop.

use std::sync::Arc;
use std::time::Instant;

use sluice_trigger::backoff::Backoff;
use sluice_trigger::metrics::Metrics;
use sluice_trigger::{Mapping, Notice, Observer, Progress, Summary, retention};
use tokio::sync::watch;
use tokio::time::sleep;

use super::connector::{Connector, Work};
use super::source::poll;
use crate::display::metered::MeteredObserver;
use crate::display::screen::Screen;
use crate::function::environment;

/// Runs `connector` until `stopped` is true.
pub(super) async fn supervise(
    connector: Connector,
    screen: Arc<Screen>,
    metrics: Arc<Metrics>,
    mut stopped: watch::Receiver<bool>,
) {
    let named = Arc::new(NamedScreen { name: connector.name.clone(), screen });
    let mut backoff = Backoff::default();
    while !*stopped.borrow() {
        let started = Instant::now();
        named.say("starts");
        let ended = once(&connector, &named, &metrics, &stopped).await;
        match ended {
            Ok(summary) => {
                named.say(&format!("stopped: {summary}"));
                if *stopped.borrow() {
                    return;
                }
            }
            Err(error) => named.say(&error),
        }
        let pause = backoff.pause(started.elapsed(), fastrand::f64());
        named.say(&format!("starts again in {:.1} s", pause.as_secs_f64()));
        tokio::select! {
            () = sleep(pause) => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
    }
}

/// Runs it until it ends or must stop. Returns what it has done, or why it has ended.
async fn once(
    connector: &Connector,
    named: &Arc<NamedScreen>,
    metrics: &Arc<Metrics>,
    stopped: &watch::Receiver<bool>,
) -> Result<String, String> {
    match &connector.work {
        Work::Sink(mapping) => {
            let observer = Arc::new(MeteredObserver::new(
                Arc::clone(named) as _,
                Arc::clone(metrics),
                connector.name.clone(),
            ));
            let ended = run(connector, mapping, observer, named, stopped.clone()).await;
            metrics.end(&connector.name);
            ended.map(|summary| summary.to_json().to_string()).map_err(|error| error.to_string())
        }
        Work::Source(schedule) => {
            let ended = poll(schedule, Arc::clone(named) as _, stopped.clone()).await;
            ended.map(|()| "no invocation runs".to_owned()).map_err(|error| error.to_string())
        }
    }
}

async fn run(
    connector: &Connector,
    mapping: &Mapping,
    observer: Arc<dyn Observer>,
    named: &NamedScreen,
    mut stopped: watch::Receiver<bool>,
) -> Result<Summary, sluice_trigger::Error> {
    let kafka = sluice_trigger::connect(&connector.bootstrap, &connector.kafka).await?;
    let topics = environment::letter_topics_in_cluster(&connector.bootstrap, mapping);
    for warning in retention::warnings(&kafka, &topics).await {
        named.say(&format!("warning: {warning}"));
    }
    let stop = async move {
        // The sender lives as long as the process.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    sluice_trigger::run(&kafka, mapping.clone(), observer, stop).await
}

/// A screen that writes the connector's name before each line.
struct NamedScreen {
    name: String,
    screen: Arc<Screen>,
}

impl NamedScreen {
    fn say(&self, text: &str) {
        self.screen.say(&format!("{}: {text}", self.name));
    }
}

impl Observer for NamedScreen {
    fn line(&self, line: &[u8]) {
        self.screen.line(&[self.name.as_bytes(), b": ", line].concat());
    }

    fn notice(&self, notice: &Notice) {
        self.say(&notice.to_string());
    }

    fn progress(&self, _: &Progress) {}
}
