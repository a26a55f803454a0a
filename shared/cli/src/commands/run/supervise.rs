//! Runs one connector, and starts it again when it ends, until it must stop.

use std::sync::Arc;
use std::time::Instant;

use sluice_trigger::backoff::Backoff;
use sluice_trigger::metrics::Metrics;
use sluice_trigger::{Notice, Observer, Progress, Summary, retention};
use tokio::sync::watch;
use tokio::time::sleep;

use super::connector::Connector;
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
        let observer = Arc::new(MeteredObserver::new(
            Arc::clone(&named) as _,
            Arc::clone(&metrics),
            connector.name.clone(),
        ));
        let started = Instant::now();
        named.say("starts");
        let result = run(&connector, observer, &named, stopped.clone()).await;
        metrics.end(&connector.name);
        match result {
            Ok(summary) => {
                named.say(&format!("stopped: {}", summary.to_json()));
                if *stopped.borrow() {
                    return;
                }
            }
            Err(error) => named.say(&error.to_string()),
        }
        let pause = backoff.pause(started.elapsed(), fastrand::f64());
        named.say(&format!("starts again in {:.1} s", pause.as_secs_f64()));
        tokio::select! {
            () = sleep(pause) => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
    }
}

async fn run(
    connector: &Connector,
    observer: Arc<dyn Observer>,
    named: &NamedScreen,
    mut stopped: watch::Receiver<bool>,
) -> Result<Summary, sluice_trigger::Error> {
    let kafka = sluice_trigger::connect(&connector.bootstrap, &connector.kafka).await?;
    let topics = environment::letter_topics_in_cluster(&connector.bootstrap, &connector.mapping);
    for warning in retention::warnings(&kafka, &topics).await {
        named.say(&format!("warning: {warning}"));
    }
    let stop = async move {
        // The sender lives as long as the process.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    sluice_trigger::run(&kafka, connector.mapping.clone(), observer, stop).await
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
