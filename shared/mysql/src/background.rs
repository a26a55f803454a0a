//! A task of ours that owns the connection meanwhile.

use std::future::Future;

use sluice_bridge::model::failure::SinkError;
use tokio::task::JoinHandle;

/// A task that ends with whoever waits for it.
pub struct Work<T>(JoinHandle<T>);

impl<T: Send + 'static> Work<T> {
    /// Begins.
    pub fn begin(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }

    /// What it comes to.
    ///
    /// # Errors
    /// It broke down.
    pub async fn end(mut self) -> Result<T, SinkError> {
        let broke_down = |_| SinkError::fatal("a task of the connector broke down");
        (&mut self.0).await.map_err(broke_down)
    }
}

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
