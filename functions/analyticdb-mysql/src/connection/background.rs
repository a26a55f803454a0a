//! A background task that owns the connection while it runs.

use std::future::Future;

use sluice_bridge::model::failure::SinkError;
use tokio::task::JoinHandle;

/// A task that is stopped when its handle is dropped.
pub(crate) struct BackgroundTask<T>(JoinHandle<T>);

impl<T: Send + 'static> BackgroundTask<T> {
    /// Starts the task.
    pub(crate) fn spawn(task: impl Future<Output = T> + Send + 'static) -> Self {
        Self(tokio::spawn(task))
    }

    /// Waits for the task's result.
    ///
    /// # Errors
    /// The task panicked.
    pub(crate) async fn join(mut self) -> Result<T, SinkError> {
        let failed = |_| SinkError::fatal("a task of the connector panicked");
        (&mut self.0).await.map_err(failed)
    }
}

impl<T> Drop for BackgroundTask<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
