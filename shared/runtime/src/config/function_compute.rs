//! What is different where Function Compute invokes the function: the form of its event, and two options
//! that rest on what only Lambda's event and mapping have.

use sluice_bridge::event::EventForm;
use sluice_bridge::options::Settings;
use sluice_bridge::options::encoding::{EVENT_KEY_ENCODING, EVENT_VALUE_ENCODING, Encoding};
use sluice_kafka::Access;

use crate::config::HandlerConfig;
use crate::platform::Platform;

/// The form of the events that will come.
pub(super) fn event_form(platform: Platform, settings: &mut Settings) -> EventForm {
    // A wrong option is told of on either platform.
    let key = Encoding::from_settings(settings, &EVENT_KEY_ENCODING);
    let value = Encoding::from_settings(settings, &EVENT_VALUE_ENCODING);
    match platform {
        Platform::Lambda => EventForm::Lambda,
        Platform::FunctionCompute => EventForm::FunctionCompute { key, value },
    }
}

/// Notes what cannot work there.
pub(super) fn check(
    platform: Platform,
    settings: &mut Settings,
    config: &HandlerConfig,
    access: &Access,
) {
    if platform == Platform::Lambda {
        return;
    }
    if config.report_item_failures {
        settings.problem(
            "report.batch.item.failures=true does not work on Function Compute: its trigger knows no \
             report of single records, so a batch fails as a whole",
        );
    }
    if config.topics.is_some() && access.servers().is_empty() {
        settings.problem(
            "dead-letter topics need kafka.bootstrap.servers on Function Compute: its event does not \
             name the brokers",
        );
    }
}
