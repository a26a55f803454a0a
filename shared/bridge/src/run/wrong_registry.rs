//! Whether records name schemas that their registry does not have because it is the wrong one, or
//! has lost them. Then the records are not at fault.

use crate::event::reader::Event;
use crate::event::record::Record;
use crate::format::framed::{is_plain, is_unknown};
use crate::format::registry::KnownSchemas;
use crate::model::failure::SinkError;
use crate::options::rules::Rules;
use crate::run::outcome::Outcome;

/// Checks that the registry is that of the records, if some are refused because it does not have
/// their schemas. It is if it has any schema that was needed, of this event or an earlier one.
///
/// A record that was read without a schema says that the topic has others than those of the
/// registry, so that one that names a schema may be wrong itself. Nothing is said by a tombstone, a
/// frame that is not valid, or a record that was not read.
///
/// # Errors
/// `Fatal`: it more likely is the wrong registry than that every record is wrong.
pub(crate) fn check_known(
    event: &Event<'_>,
    outcome: &Outcome,
    rules: &Rules,
    known: &KnownSchemas,
) -> Result<(), SinkError> {
    if known.has_any() {
        return Ok(());
    }
    let (records, failures) = (&event.records, &outcome.failures);
    // They are in the order of the event.
    let is_refused =
        |index| failures.binary_search_by_key(&index, |failure| failure.record).is_ok();
    let is_unknown =
        |record: &Record<'_>| is_unknown(record, rules.formats, rules.needs_key(), known);
    let is_read = |(index, record)| is_plain(record, rules.formats) && !is_refused(index);
    if !failures.iter().any(|failure| is_unknown(&records[failure.record]))
        || records.iter().enumerate().any(is_read)
    {
        return Ok(());
    }
    let message = "the schema registry has none of the schemas of these records: see whether schema.registry.url is that of their producers";
    Err(SinkError::fatal(message))
}
