//! Where letters go: to topics, or into a table of the target.

use sluice_bridge::model::failure::Stage;
use sluice_bridge::model::table::TableName;
use sluice_bridge::options::Settings;
use sluice_bridge::options::letters::ERRORS_TABLE;

use crate::topics::{DEAD_LETTER_TOPIC, ERROR_DATA_TOPIC, Topics};

/// The destination of letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The two topics.
    Topics(Topics),
    /// A table of the target.
    Table(TableName),
}

impl Destination {
    /// Reads it and notes every problem; `None` if failures are not tolerated, or without a destination.
    pub fn from_settings(settings: &mut Settings, tolerant: bool) -> Option<Self> {
        let table = match settings.knows(&ERRORS_TABLE) {
            true => settings.given(&ERRORS_TABLE).map(str::to_owned),
            false => None,
        };
        let Some(name) = table else {
            return Topics::from_settings(settings, tolerant).map(Self::Topics);
        };
        for topic in [&DEAD_LETTER_TOPIC, &ERROR_DATA_TOPIC] {
            if settings.given(topic).is_some() {
                settings.problem(format!(
                    "{} and {} are both set: letters go into a table, or to topics",
                    ERRORS_TABLE.name, topic.name
                ));
            }
        }
        if !tolerant {
            settings.problem(format!(
                "{} is set but errors.tolerance is none: nothing would ever be written there",
                ERRORS_TABLE.name
            ));
            return None;
        }
        Some(Self::Table(TableName { schema: None, name }))
    }

    /// The topic for a record that failed at this stage, unless letters go into a table.
    #[must_use]
    pub fn topic(&self, stage: Stage) -> Option<&str> {
        match self {
            Self::Topics(topics) => Some(topics.topic(stage)),
            Self::Table(_) => None,
        }
    }
}
