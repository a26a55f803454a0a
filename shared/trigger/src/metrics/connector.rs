//! The state of one connector for the metrics.

use std::sync::Arc;
use std::time::SystemTime;

use crate::observer::Progress;

/// The latest state of a connector.
#[derive(Debug, Default, Clone)]
pub(super) struct Connector {
    pub(super) running: bool,
    pub(super) starts: u64,
    /// When it last settled a batch, also before its last restart.
    pub(super) last_success: Option<SystemTime>,
    pub(super) progress: Arc<Progress>,
}
