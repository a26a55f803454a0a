//! The registry of a function, as the bridge asks it.

use std::cell::Cell;

use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{Answer, KnownSchemas};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::options::Settings;
use sluice_bridge::run::pipeline::Registry;

use crate::options;
use crate::service::Service;

/// A schema registry, or none: then only records without a schema can be read.
#[derive(Default)]
pub struct SchemaRegistry {
    known: KnownSchemas,
    service: Option<Service>,
    is_asked: Cell<bool>,
}

impl SchemaRegistry {
    /// Reads the options, and notes every problem. Nothing is connected.
    pub fn from_settings(settings: &mut Settings) -> Self {
        Self { service: options::read(settings), ..Self::default() }
    }

    /// The same, with what an earlier one has learned from the same servers: what an id means never
    /// changes.
    #[must_use]
    pub fn after(self, earlier: &Self) -> Self {
        match (&self.service, &earlier.service) {
            (Some(new), Some(old)) if new.is_same(old) => {
                Self { known: earlier.known.clone(), ..self }
            }
            _ => self,
        }
    }

    /// Whether the last question was dropped before it was answered, because the time was over.
    #[must_use]
    pub fn was_interrupted(&self) -> bool {
        self.is_asked.get()
    }

    /// Forgets a question that was dropped: an invocation begins.
    pub fn begin(&self) {
        self.is_asked.set(false);
    }
}

impl Registry for SchemaRegistry {
    fn known(&self) -> &KnownSchemas {
        &self.known
    }

    async fn ask(&self, ids: &[SchemaId]) -> Result<Vec<(SchemaId, Answer)>, SinkError> {
        let Some(service) = &self.service else {
            return Err(SinkError::fatal(
                "records name schemas of a registry, and schema.registry.url is not set",
            ));
        };
        self.is_asked.set(true);
        let answered = service.ask(ids).await;
        self.is_asked.set(false);
        answered
    }
}
