//! To which topic a letter is sent.

use sluice_bridge::model::failure::Stage;
use sluice_bridge::options::rules::TOPICS;
use sluice_bridge::options::{Opt, Settings};

/// `errors.deadletterqueue.topic.name`
pub const DEAD_LETTER_TOPIC: Opt = Opt::new(
    "errors.deadletterqueue.topic.name",
    "The topic for records that cannot be decoded or mapped. Required with `errors.tolerance=all`; it must exist.",
);
/// `errors.data.topic.name`
pub const ERROR_DATA_TOPIC: Opt = Opt::new(
    "errors.data.topic.name",
    "The topic for records whose row the target refuses, or whose value its column cannot hold; by default the dead-letter topic.",
);

/// Every option of this crate.
pub const OPTIONS: &[&Opt] = &[&DEAD_LETTER_TOPIC, &ERROR_DATA_TOPIC];

/// The two topics for letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    dead_letter: String,
    error_data: String,
}

impl Topics {
    /// Reads them and notes every problem; `None` if failures are not tolerated, or without a
    /// topic.
    pub fn from_settings(settings: &mut Settings, tolerant: bool) -> Option<Self> {
        let given = |opt| settings.given(opt).map(str::to_owned);
        let (dead_letter, error_data) = (given(&DEAD_LETTER_TOPIC), given(&ERROR_DATA_TOPIC));
        let sources = settings.list(&TOPICS);
        for (opt, topic) in [(DEAD_LETTER_TOPIC, &dead_letter), (ERROR_DATA_TOPIC, &error_data)] {
            let Some(topic) = topic else { continue };
            if sources.contains(topic) {
                settings.problem(format!(
                    "{} is `{topic}`, which is among the source topics",
                    opt.name
                ));
            }
            if !tolerant {
                settings.problem(format!(
                    "{} is set but errors.tolerance is none: nothing would ever be sent there",
                    opt.name
                ));
            }
        }
        let Some(dead_letter) = dead_letter.filter(|_| tolerant) else {
            if tolerant {
                settings.problem(format!(
                    "errors.tolerance=all needs {}: a record that cannot be written would be lost",
                    DEAD_LETTER_TOPIC.name
                ));
            }
            return None;
        };
        let error_data = error_data.unwrap_or_else(|| dead_letter.clone());
        Some(Self { dead_letter, error_data })
    }

    /// The topic for a record that failed at this stage.
    #[must_use]
    pub fn topic(&self, stage: Stage) -> &str {
        match stage {
            Stage::Key | Stage::Value | Stage::Mapping => &self.dead_letter,
            Stage::Write => &self.error_data,
        }
    }

    /// Whether letters are sent to this topic: records that are read from it would become letters
    /// for ever.
    #[must_use]
    pub fn contains(&self, topic: &str) -> bool {
        self.dead_letter == topic || self.error_data == topic
    }
}
