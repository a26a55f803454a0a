//! What is known of one connector.

use std::sync::Arc;
use std::time::SystemTime;

use crate::observer::Progress;

/// The latest of a connector.
#[derive(Debug, Default, Clone)]
pub(super) struct Connector {
    pub(super) running: bool,
    pub(super) starts: u64,
    /// When it last settled a batch, before it was started again too.
    pub(super) last_success: Option<SystemTime>,
    pub(super) progress: Arc<Progress>,
}
