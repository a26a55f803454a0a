//! The options of a handler that do not depend on the target.

use sluice_bridge::event::EventForm;
use sluice_bridge::options::rules::Rules;
use sluice_dead_letter::{Destination, Sender};

/// The options of a handler.
#[derive(Debug)]
pub struct HandlerConfig {
    /// The form of the events.
    pub event: EventForm,
    /// The bridge's rules.
    pub rules: Rules,
    /// Where letters go; `None` if errors are not tolerated.
    pub letters: Option<Destination>,
    /// The sender in the headers of letters.
    pub sender: Sender,
    /// `report.batch.item.failures`
    pub report_item_failures: bool,
    /// `errors.log.enable`
    pub log_failures: bool,
}
