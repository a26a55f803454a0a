//! The schemas of a registry as the decoder needs them: text in, compiled plans kept. How a registry
//! is asked is not known here.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::format::compiled::Compiled;
use crate::format::frame::SchemaId;
pub use crate::format::protobuf::builtin::FILES as KNOWN_PROTOBUF_FILES;
pub use crate::format::protobuf::fields::UNSET_IS_NULL;
pub use crate::format::protobuf::file::read as read_protobuf_file;
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
    /// It cannot be used, and why.
    Unusable(Rc<str>),
}

/// The schemas that are known in this process. A clone shares them.
#[derive(Debug, Clone, Default)]
pub struct KnownSchemas(Rc<RefCell<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    by_id: BTreeMap<SchemaId, Known>,
    /// The one that was asked for last: the next record has nearly always the same.
    latest: Option<(SchemaId, Known)>,
    /// Whether the registry ever had a schema that was asked for.
    has_any: bool,
}

impl KnownSchemas {
    /// Notes what the registry answered, also if it is an error.
    ///
    /// # Errors
    /// `Fatal`: the schema cannot be used. The records are not at fault.
    pub fn learn(&self, id: SchemaId, answer: &Answer) -> Result<(), SinkError> {
        let known = match answer {
            Answer::Unknown => Known::Missing,
            Answer::Unusable(why) => Known::Unusable(why.as_str().into()),
            Answer::Schema(schema) => match Compiled::new(schema) {
                Ok(compiled) => Known::Compiled(Rc::new(compiled)),
                Err(why) => Known::Unusable(format!("as {}: {why}", schema.kind).into()),
            },
        };
        let learned = match &known {
            Known::Unusable(why) => {
                Err(SinkError::fatal(format!("{id} of the registry cannot be used {why}")))
            }
            Known::Compiled(_) | Known::Missing => Ok(()),
        };
        let mut kept = self.0.borrow_mut();
        kept.has_any |= matches!(known, Known::Compiled(_));
        kept.by_id.insert(id, known);
        kept.latest = None;
        learned
    }

    /// Whether the registry ever had a schema that records of this process name.
    pub(crate) fn has_any(&self) -> bool {
        self.0.borrow().has_any
    }

    /// Forgets what the registry did not have, which may be there now, and all of it if it is too
    /// much. Called between events.
    pub(crate) fn tidy(&self) {
        let mut kept = self.0.borrow_mut();
        kept.by_id.retain(|_, known| !matches!(known, Known::Missing));
        if kept.by_id.len() > KEPT {
            kept.by_id.clear();
        }
        kept.latest = None;
    }

    /// Whether nothing has to be asked about an id.
    #[inline]
    pub(crate) fn has(&self, id: SchemaId) -> bool {
        let kept = self.0.borrow();
        kept.latest.as_ref().is_some_and(|(latest, _)| *latest == id)
            || kept.by_id.contains_key(&id)
    }

    #[inline]
    pub(crate) fn get(&self, id: SchemaId) -> Option<Known> {
        if let Some((latest, known)) = &self.0.borrow().latest
            && *latest == id
        {
            return Some(known.clone());
        }
        let known = self.0.borrow().by_id.get(&id).cloned()?;
        self.0.borrow_mut().latest = Some((id, known.clone()));
        Some(known)
    }
}
