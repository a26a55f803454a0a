//! The interface of a connector for its binary.

use crate::compare::selection::Compare;
use crate::options::settings::{Opt, Settings};
use crate::sink::dry_run::DryRun;

/// A sink that can be set up from a connector's configuration.
pub trait Connector: DryRun + Compare + Sized {
    /// The options that only this connector has.
    const OPTIONS: &'static [&'static Opt];

    /// Reads its options and notes every problem; it does not connect. It returns `None` only after
    /// it noted a problem.
    fn configure(settings: &mut Settings) -> Option<Self>;
}
