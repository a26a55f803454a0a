//! The schemas of a registry as the decoder needs them: text in, compiled plans kept. How a registry
//! is asked is not known here.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::format::compiled::Compiled;
use crate::format::frame::SchemaId;
pub use crate::format::schema_text::{Answer, Reference, SchemaKind, SchemaText};
use crate::model::failure::SinkError;

/// How many schemas are kept between events: far more than the topics of one connector have.
const KEPT: usize = 1_000;

/// What is known about an id.
#[derive(Debug, Clone)]
pub(crate) enum Known {
    Compiled(Rc<Compiled>),
    /// The registry does not have it.
    Missing,
}

/// The schemas that are known in this process. A clone shares them.
#[derive(Debug, Clone, Default)]
pub struct KnownSchemas(Rc<RefCell<BTreeMap<SchemaId, Known>>>);

impl KnownSchemas {
    /// Notes what the registry answered.
    ///
    /// # Errors
    /// `Fatal`: the schema cannot be used. The records are not at fault.
    pub fn learn(&self, id: SchemaId, answer: &Answer) -> Result<(), SinkError> {
        let known = match answer {
            Answer::Unknown => Known::Missing,
            Answer::Schema(schema) => match Compiled::new(schema) {
                Ok(compiled) => Known::Compiled(Rc::new(compiled)),
                Err(why) => {
                    let kind = schema.kind;
                    let message = format!("{id} of the registry cannot be used as {kind}: {why}");
                    return Err(SinkError::fatal(message));
                }
            },
        };
        self.0.borrow_mut().insert(id, known);
        Ok(())
    }

    /// Forgets what the registry did not have, which may be there now, and all of it if it is too
    /// much. Called between events.
    pub(crate) fn tidy(&self) {
        let mut known = self.0.borrow_mut();
        known.retain(|_, known| matches!(known, Known::Compiled(_)));
        if known.len() > KEPT {
            known.clear();
        }
    }

    /// Whether nothing has to be asked about an id.
    pub(crate) fn has(&self, id: SchemaId) -> bool {
        self.0.borrow().contains_key(&id)
    }

    pub(crate) fn get(&self, id: SchemaId) -> Option<Known> {
        self.0.borrow().get(&id).cloned()
    }
}
