//! What is different where Function Compute invokes the function: the form of its event, two options that rest
//! on what only Lambda's event and mapping have, and the variables with the credentials of the function's role.

use sluice_bridge::event::EventForm;
use sluice_bridge::options::Settings;
use sluice_bridge::options::encoding::{EVENT_KEY_ENCODING, EVENT_VALUE_ENCODING, Encoding};
use sluice_bridge::options::role::RoleCredentials;
use sluice_dead_letter::Destination;
use sluice_kafka::Access;

use crate::config::HandlerConfig;
use crate::platform::{Platform, value};

/// The variables with the credentials of the function's role ("Environment variables").
const CREDENTIALS: [&str; 3] = [
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
];

/// The credentials of the function's role in the environment. They are those of the start of the process.
pub(super) fn role(environment: &[(String, String)]) -> Option<RoleCredentials> {
    RoleCredentials::of(CREDENTIALS.map(|name| value(environment, name)))
}

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
    let to_topics = matches!(config.letters, Some(Destination::Topics(_)));
    if to_topics && access.servers().is_empty() {
        settings.problem(
            "dead-letter topics need kafka.bootstrap.servers on Function Compute: its event does not \
             name the brokers",
        );
    }
}
