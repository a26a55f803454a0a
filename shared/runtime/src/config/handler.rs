//! What one function does with its invocations, whatever its target.

use sluice_bridge::event::EventForm;
use sluice_bridge::options::rules::Rules;
use sluice_dead_letter::{Sender, Topics};

/// Read once, at the start.
#[derive(Debug)]
pub struct HandlerConfig {
    /// The form of the events.
    pub event: EventForm,
    /// The bridge's rules.
    pub rules: Rules,
    /// Where letters go; `None` where failures are not tolerated.
    pub topics: Option<Topics>,
    /// Who sends them.
    pub sender: Sender,
    /// `report.batch.item.failures`
    pub report_item_failures: bool,
    /// `errors.log.enable`
    pub log_failures: bool,
}
