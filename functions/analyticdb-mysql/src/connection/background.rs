//! A background task that owns the connection while it runs.

use std::future::Future;

use sluice_bridge::model::failure::SinkError;
use tokio::task::JoinHandle;

/// A task that is stopped when its handle is dropped.
pub(crate) struct Work<T>(JoinHandle<T>);

impl<T: Send + 'static> Work<T> {
    /// Starts the task.
    pub(crate) fn begin(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }

    /// Waits for the task's result.
    ///
    /// # Errors
    /// The task panicked.
    pub(crate) async fn end(mut self) -> Result<T, SinkError> {
        let broke_down = |_| SinkError::fatal("a task of the connector panicked");
        (&mut self.0).await.map_err(broke_down)
    }
}

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
