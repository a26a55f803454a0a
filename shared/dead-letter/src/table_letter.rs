//! The reason of a letter as columns of a table. The vendor of Tablestore calls the first one `error_info` too
//! (`TableStoreReporter` of its connector for Kafka Connect), so that its table goes on being used.
//!
//! Not here: how the record itself is written, which depends on the target.

use sluice_bridge::event::record::Record;
use sluice_bridge::model::failure::Failure;
use sluice_bridge::sink::TableLetter;

use crate::letter::{Sender, message, names};

/// The letter about a record.
#[must_use]
pub fn table_letter<'e>(
    sender: &Sender,
    record: &Record<'e>,
    failure: &Failure,
) -> TableLetter<'e> {
    let cause = &failure.cause;
    let (stage, class) = names(failure.stage);
    let mut reasons = vec![
        ("error_info", message(sender, failure)),
        ("error_stage", stage.to_owned()),
        ("error_class", class.to_owned()),
        ("connector_name", sender.connector.clone()),
    ];
    let given = [
        ("error_column", &cause.column),
        ("error_code", &cause.code),
        ("error_expected", &cause.expected),
        ("error_given", &cause.given),
    ];
    let given = given.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    reasons.extend(given.map(|(name, value)| (name, value.to_string())));
    TableLetter { record: *record, reasons }
}
