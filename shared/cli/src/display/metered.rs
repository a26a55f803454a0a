//! An observer that also updates the metrics.

use std::sync::Arc;

use sluice_trigger::metrics::Metrics;
use sluice_trigger::{Notice, Observer, Progress};

/// Forwards everything to another observer, and the progress also to the metrics of a connector.
pub(crate) struct MeteredObserver {
    observer: Arc<dyn Observer>,
    metrics: Arc<Metrics>,
    connector: String,
}

impl MeteredObserver {
    /// Starts the metrics of the connector.
    pub(crate) fn new(
        observer: Arc<dyn Observer>,
        metrics: Arc<Metrics>,
        connector: String,
    ) -> Self {
        metrics.start(&connector);
        Self { observer, metrics, connector }
    }
}

impl Observer for MeteredObserver {
    fn line(&self, line: &[u8]) {
        self.observer.line(line);
    }

    fn notice(&self, notice: &Notice) {
        self.observer.notice(notice);
    }

    fn progress(&self, progress: &Progress) {
        self.metrics.progress(&self.connector, progress);
        self.observer.progress(progress);
    }
}
