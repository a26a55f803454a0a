//! Prometheus metrics: the latest progress of each connector, and its text format.
//!
//! A run reports its progress regularly. Nothing is counted here, so metrics that nobody scrapes
//! cost nothing. The endpoint is in [`serve`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::metrics::connector::Connector;
use crate::observer::Progress;

mod connector;
pub mod serve;
mod text;

/// The latest progress of every connector of this process.
#[derive(Debug, Default)]
pub struct Metrics {
    connectors: Mutex<BTreeMap<String, Connector>>,
}

impl Metrics {
    /// A connector starts, or starts again. It is down until its functions have started. Its
    /// counters start from zero, as Prometheus expects after a restart.
    pub fn start(&self, connector: &str) {
        let mut connectors = self.connectors();
        let known = connectors.entry(connector.to_owned()).or_default();
        let (starts, last_success) = (known.starts + 1, known.last_success);
        *known = Connector { running: false, starts, last_success, progress: Arc::default() };
    }

    /// A connector has ended.
    pub fn end(&self, connector: &str) {
        self.connectors().entry(connector.to_owned()).or_default().running = false;
    }

    /// Sets the progress of a connector.
    pub fn progress(&self, connector: &str, progress: &Progress) {
        if let Some(known) = self.connectors().get_mut(connector) {
            known.running = progress.up;
            known.last_success = progress.last_success.or(known.last_success);
            known.progress = Arc::new(progress.clone());
        }
    }

    /// The connectors that do not run.
    #[must_use]
    pub fn down(&self) -> Vec<String> {
        let connectors = self.connectors();
        let down = connectors.iter().filter(|(_, connector)| !connector.running);
        down.map(|(name, _)| name.clone()).collect()
    }

    /// One line for each connector that is not ready: it is down, every batch fails, or partitions
    /// have stopped. Empty if all connectors are ready.
    #[must_use]
    pub fn problems(&self, now: SystemTime) -> Vec<String> {
        let connectors = self.connectors();
        let problem = |(name, connector): (&String, &Connector)| {
            problem(connector, now).map(|problem| format!("{name}: {problem}"))
        };
        connectors.iter().filter_map(problem).collect()
    }

    /// All metrics, in Prometheus's text exposition format 0.0.4.
    #[must_use]
    pub fn to_text(&self) -> String {
        let connectors = self.connectors().clone();
        text::write(&connectors)
    }

    fn connectors(&self) -> MutexGuard<'_, BTreeMap<String, Connector>> {
        self.connectors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long every batch may fail, after one has succeeded, before the connector is not ready. This
/// is longer than most restarts of a database.
const FAILING: Duration = Duration::from_secs(60);

fn problem(connector: &Connector, now: SystemTime) -> Option<String> {
    let progress = &connector.progress;
    if !connector.running {
        return Some("down".to_owned());
    }
    if let Some(since) = progress.failing_since {
        let failing = now.duration_since(since).unwrap_or_default();
        if progress.last_success.is_none() {
            return Some("no batch has succeeded since the start, and batches fail".to_owned());
        }
        if failing >= FAILING {
            return Some(format!("every batch has failed for {} s", failing.as_secs()));
        }
    }
    match progress.stopped() {
        0 => None,
        stopped => Some(format!("{stopped} partitions have stopped")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connector_that_writes_nothing_is_not_ready() {
        let metrics = Metrics::default();
        let now = SystemTime::now();
        let ago = |seconds| Some(now - Duration::from_secs(seconds));
        let problems = |progress: &Progress| {
            metrics.progress("a", progress);
            metrics.problems(now)
        };
        metrics.start("a");
        assert_eq!(metrics.problems(now), ["a: down"]);
        let idle = Progress { up: true, ..Progress::default() };
        assert!(problems(&idle).is_empty(), "a topic without records is no problem");
        let failing = Progress { failing_since: ago(1), ..idle.clone() };
        let never = "a: no batch has succeeded since the start, and batches fail";
        assert_eq!(problems(&failing), [never]);
        let passing = Progress { last_success: ago(2), ..failing };
        assert!(problems(&passing).is_empty(), "{:?}", metrics.problems(now));
        let lasting = Progress { failing_since: ago(90), last_success: ago(91), ..idle };
        assert_eq!(problems(&lasting), ["a: every batch has failed for 90 s"]);
        assert!(metrics.down().is_empty(), "it runs, and need not be started again");
    }
}
