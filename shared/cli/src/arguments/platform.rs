//! Which platform a function is to believe it runs on.

use clap::ValueEnum;

/// The platforms of a function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlatformName {
    /// AWS Lambda: the function asks for its work, in Lambda's Kafka event.
    #[default]
    Lambda,
    /// Alibaba Cloud Function Compute: the function is an HTTP server, and is sent the event of the
    /// trigger for ApsaraMQ for Kafka.
    FunctionCompute,
}
