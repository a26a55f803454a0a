//! Which platform a function is to believe it runs on.

use sluice_bridge::options::encoding::Encoding;

/// How the function is served, and in which form its events are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Platform {
    /// Lambda: its Runtime API and its event.
    #[default]
    Lambda,
    /// Alibaba Cloud Function Compute: the function is the server. The events are CloudEvents.
    FunctionCompute {
        /// How keys are written.
        key: Encoding,
        /// How values are written.
        value: Encoding,
    },
}
