//! The options of a source, read once.

use std::rc::Rc;

use sluice_bridge::options::{Opt, Settings};
use sluice_kafka::Access;
use sluice_kafka::options::BOOTSTRAP_SERVERS;
use sluice_registry::SchemaRegistry;
use sluice_source::options::mode::Rules;
use sluice_source::source::Source;

/// Every option of a source: its own, then those all sources share.
#[must_use]
pub fn source_options<S: Source>() -> Vec<&'static Opt> {
    let shared = [
        sluice_source::options::mode::OPTIONS,
        sluice_registry::OPTIONS,
        sluice_kafka::options::OPTIONS,
    ];
    S::OPTIONS.iter().chain(shared.into_iter().flatten()).copied().collect()
}

/// What an invocation is made of.
pub(crate) struct Parts<S> {
    pub(crate) rules: Rules,
    pub(crate) access: Access,
    pub(crate) registry: Rc<SchemaRegistry>,
    pub(crate) source: S,
}

/// Reads the options and notes every problem; `None` only behind one. `earlier` is the registry of the invocation before.
pub(crate) fn build<S: Source>(
    settings: &mut Settings,
    earlier: &SchemaRegistry,
) -> Option<Parts<S>> {
    let rules = Rules::from_settings(settings);
    let access = Access::from_settings(settings);
    // There is no event that names brokers.
    settings.required(&BOOTSTRAP_SERVERS);
    let registry = SchemaRegistry::from_settings(settings).after(earlier);
    if registry.lacks_subjects() {
        settings.problem(
            "schema.registry.type=glue: a source registers schemas in subjects, which AWS Glue does not have",
        );
    }
    let source = S::configure(settings, &rules)?;
    Some(Parts { rules, access, registry: Rc::new(registry), source })
}
