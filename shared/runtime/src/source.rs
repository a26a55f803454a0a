//! One invocation of a source: its options, Kafka as its journal, and the line that tells what was done.
//!
//! Which rows are new, and when they may be read, is known to `sluice-source`.

mod dry_run;
pub(crate) mod invoke;
pub(crate) mod journal;
mod line;
mod metrics;
mod offsets_view;
pub(crate) mod settings;
