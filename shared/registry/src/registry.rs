//! The registry of a function, as the bridge asks it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{Answer, KnownSchemas, SchemaKind, SchemaText};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::options::Settings;
use sluice_bridge::run::pipeline::Registry;

#[cfg(feature = "client")]
use crate::client::{Service, read};
use crate::subject::{NewSchema, Registered};
#[cfg(not(feature = "client"))]
use crate::without_client::{Service, read};

/// A schema registry, or none: then only records without a schema can be read.
#[derive(Default)]
pub struct SchemaRegistry {
    known: KnownSchemas,
    /// The ids of schemas by their subjects and texts.
    ids: Rc<RefCell<BTreeMap<(String, String), u32>>>,
    service: Option<Service>,
    is_asked: Cell<bool>,
}

impl SchemaRegistry {
    /// Reads the options, and notes every problem. Nothing is connected.
    pub fn from_settings(settings: &mut Settings) -> Self {
        Self { service: read(settings), ..Self::default() }
    }

    /// The same, with what an earlier one has learned from the same servers: what an id means never
    /// changes.
    #[must_use]
    pub fn after(self, earlier: &Self) -> Self {
        match (&self.service, &earlier.service) {
            (Some(new), Some(old)) if new.is_same(old) => {
                Self { known: earlier.known.clone(), ids: Rc::clone(&earlier.ids), ..self }
            }
            _ => self,
        }
    }

    /// Asks for a version of a subject: a number, or `latest`.
    ///
    /// # Errors
    /// There is no registry, no answer, or no such version.
    pub async fn named(&self, subject: &str, version: &str) -> Result<Registered, SinkError> {
        self.service()?.named(subject, version).await
    }

    /// The subjects and versions in which the registry has a schema; for AWS Glue its name and version.
    /// A registry knows none for some kinds of ids.
    ///
    /// # Errors
    /// There is no registry, or no answer.
    pub async fn subjects(&self, id: SchemaId) -> Result<Vec<(String, i64)>, SinkError> {
        self.service()?.subjects(id).await
    }

    /// A schema with those to which it refers. Nothing is registered.
    ///
    /// # Errors
    /// There is no registry, no answer, or one of them is not there.
    pub async fn resolve(&self, schema: NewSchema) -> Result<SchemaText, SinkError> {
        self.service()?.resolve(schema).await
    }

    /// Registers a schema in a subject, or finds the same one there, and returns its id.
    ///
    /// # Errors
    /// There is no registry, no answer, or the registry refuses the schema.
    pub async fn register(&self, subject: &str, schema: NewSchema) -> Result<u32, SinkError> {
        self.service()?.register(subject, schema).await
    }

    /// The id of a schema without references in a subject. It is asked for once: an id means the same for ever. If it
    /// `registers`, a schema that is not there is registered.
    ///
    /// # Errors
    /// There is no registry, no answer, or the registry refuses the schema, or does not have it.
    pub async fn id(
        &self,
        subject: &str,
        schema: (SchemaKind, &str),
        registers: bool,
    ) -> Result<u32, SinkError> {
        let place = (subject.to_owned(), schema.1.to_owned());
        let known = self.ids.borrow().get(&place).copied();
        if let Some(id) = known {
            return Ok(id);
        }
        let id = self.service()?.id(subject, schema, registers).await?;
        self.ids.borrow_mut().insert(place, id);
        Ok(id)
    }

    /// Whether its schemas have no subjects, in which a producer could register them.
    #[must_use]
    pub fn lacks_subjects(&self) -> bool {
        self.service.as_ref().is_some_and(|service| !service.has_subjects())
    }

    fn service(&self) -> Result<&Service, SinkError> {
        self.service.as_ref().ok_or_else(|| {
            let message = "records name schemas of a registry, and schema.registry.url is not set";
            SinkError::fatal(message)
        })
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
        let service = self.service()?;
        self.is_asked.set(true);
        let answered = service.ask(ids).await;
        self.is_asked.set(false);
        answered
    }
}
