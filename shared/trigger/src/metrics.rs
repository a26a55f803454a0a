//! What is counted, for Prometheus: the latest progress of each connector, and its exposition.
//!
//! A run tells its progress now and then; nothing is counted here, so that a run nobody scrapes
//! costs nothing more. The endpoint is in [`serve`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::observer::Progress;

pub mod serve;
mod text;

/// The latest of every connector of this process.
#[derive(Debug, Default)]
pub struct Metrics {
    connectors: Mutex<BTreeMap<String, Connector>>,
}

#[derive(Debug, Default, Clone)]
struct Connector {
    running: bool,
    starts: u64,
    progress: Arc<Progress>,
}

impl Metrics {
    /// A connector begins, or begins again, and is down until its functions are up: its counters
    /// start from zero, as Prometheus expects of a process that was restarted.
    pub fn begin(&self, connector: &str) {
        let mut connectors = self.connectors();
        let known = connectors.entry(connector.to_owned()).or_default();
        *known = Connector { running: false, starts: known.starts + 1, progress: Arc::default() };
    }

    /// A connector runs no more, for now or for good.
    pub fn end(&self, connector: &str) {
        self.connectors().entry(connector.to_owned()).or_default().running = false;
    }

    /// Notes how far a connector is.
    pub fn progress(&self, connector: &str, progress: &Progress) {
        if let Some(known) = self.connectors().get_mut(connector) {
            known.running = progress.up;
            known.progress = Arc::new(progress.clone());
        }
    }

    /// The connectors that should run and do not.
    #[must_use]
    pub fn down(&self) -> Vec<String> {
        let connectors = self.connectors();
        let down = connectors.iter().filter(|(_, connector)| !connector.running);
        down.map(|(name, _)| name.clone()).collect()
    }

    /// Everything, in Prometheus's text exposition format 0.0.4.
    #[must_use]
    pub fn to_text(&self) -> String {
        let connectors = self.connectors().clone();
        text::write(&connectors)
    }

    fn connectors(&self) -> MutexGuard<'_, BTreeMap<String, Connector>> {
        self.connectors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
