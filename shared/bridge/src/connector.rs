//! What a connector is to its binary.

use crate::compare::selection::Compare;
use crate::options::settings::{Opt, Settings};
use crate::sink::target::Rehearse;

/// A sink that can be set up from a connector's configuration.
pub trait Connector: Rehearse + Compare + Sized {
    /// The options that only this connector has.
    const OPTIONS: &'static [&'static Opt];

    /// Reads its options, noting every problem; connects to nothing. `None` only with a
    /// problem noted.
    fn configure(settings: &mut Settings) -> Option<Self>;
}
