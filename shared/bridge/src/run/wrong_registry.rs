//! Whether records are refused because of the registry, or of one of its schemas, and not because of
//! what is wrong with them. Then they are not at fault.

use crate::event::reader::Event;
use crate::event::record::Record;
use crate::format::framed::{is_plain, named};
use crate::format::registry::{Known, KnownSchemas};
use crate::model::failure::{Failure, SinkError};
use crate::options::rules::Rules;
use crate::run::outcome::Outcome;

/// Checks that the registry is that of the records, if some are refused because it does not have
/// their schemas. It is if it has any schema that was needed, of this event or an earlier one. Checks
/// as well that other records of the event can be read, if some are refused because their schemas
/// cannot be used.
///
/// A record that was read without a schema says that the topic has others than those of the
/// registry, so that one that names a schema may be wrong itself. Nothing is said by a tombstone, a
/// frame that is not valid, or a record that was not read.
///
/// # Errors
/// `Fatal`: it more likely is the wrong registry, or a schema that is not supported, than that every
/// record is wrong.
pub(crate) fn check_known(
    event: &Event<'_>,
    outcome: &Outcome,
    rules: &Rules,
    known: &KnownSchemas,
) -> Result<(), SinkError> {
    let (records, failures) = (&event.records, &outcome.failures);
    let named = |record: &Record<'_>| named(record, rules.formats, rules.needs_key(), known);
    let refused_for = |is: fn(&Known) -> bool| {
        let names = |failure: &&Failure| named(&records[failure.record]).iter().flatten().any(is);
        failures.iter().find(names)
    };
    // Failures are in the order of the event.
    let is_refused =
        |index| failures.binary_search_by_key(&index, |failure| failure.record).is_ok();
    let is_plain = |record: &Record<'_>| is_plain(record, rules.formats);
    let has_schema = |record: &Record<'_>| matches!(named(record), [Some(Known::Compiled(_)), _]);
    let is_any_read = |is: &dyn Fn(&Record<'_>) -> bool| {
        records.iter().enumerate().any(|(index, record)| is(record) && !is_refused(index))
    };
    if refused_for(|known| matches!(known, Known::Missing)).is_some()
        && !known.has_any()
        && !is_any_read(&is_plain)
    {
        let message = "the schema registry has none of the schemas of these records: see whether schema.registry.url is that of their producers";
        return Err(SinkError::fatal(message));
    }
    match refused_for(|known| matches!(known, Known::Unusable(_))) {
        Some(failure) if !is_any_read(&|record| is_plain(record) || has_schema(record)) => {
            Err(SinkError::fatal(failure.cause.message.clone()))
        }
        _ => Ok(()),
    }
}
