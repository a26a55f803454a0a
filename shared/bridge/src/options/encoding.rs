//! How the trigger of Function Compute writes a record's key and value into its event.
//!
//! It cannot be told from the event: `"MQ=="` may be text or base64, and `"1"` text or a JSON string. It is
//! a setting of the trigger's event source (`ValueDataType` of EventBridge). Lambda's event is always base64.

use crate::options::settings::{Opt, Settings};

/// `event.value.encoding`
pub const EVENT_VALUE_ENCODING: Opt = Opt::new(
    "event.value.encoding",
    "On Function Compute, how the trigger writes a value into its event (its value data type). `text`: as \
     characters; `json`: as JSON; `base64`: as base64, which the formats of bytes need. Lambda's event does \
     not need it.",
)
.or("text");
/// `event.key.encoding`
pub const EVENT_KEY_ENCODING: Opt =
    Opt::new("event.key.encoding", "The same of a record's key.").or("text");

/// How bytes are written in an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    /// A string holds the characters of UTF-8 text. Any other JSON value stands for its own JSON text.
    #[default]
    Text,
    /// Every JSON value stands for its own JSON text, a string with its quotes.
    Json,
    /// A string holds base64, and nothing else may stand there.
    Base64,
}

impl Encoding {
    /// Reads one of the two options and notes what is wrong with it.
    pub fn from_settings(settings: &mut Settings, opt: &Opt) -> Self {
        let choices = [("text", Self::Text), ("json", Self::Json), ("base64", Self::Base64)];
        settings.choice(opt, &choices)
    }
}
