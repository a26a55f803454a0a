//! The envelope around a record's JSON: Kafka Connect's `{"schema":…,"payload":…}`, or none. The
//! content is read elsewhere.

use std::rc::Rc;

use crate::format::schema::{Declared, Kind};
use crate::format::typed::Typed;
use crate::json::scanner::Scanner;
use crate::json::syntax::Syntax;
use crate::json::value::Value;

/// Caches schemas by their text: a topic has few, and every record repeats one.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    /// The latest first.
    known: Vec<(Box<str>, Rc<Declared>)>,
}

const REMEMBERED: usize = 16;

/// JSON text, and the declared type of its value.
#[derive(Debug, Clone)]
pub(crate) struct Content<'e> {
    pub(crate) text: &'e str,
    pub(crate) declared: Option<Rc<Declared>>,
}

impl<'e> Content<'e> {
    /// Its value; null if it was not checked to be JSON.
    pub(crate) fn typed(&self) -> Typed<'e, '_> {
        let value = Scanner::new(self.text).value().unwrap_or(Value::Null);
        Typed { value, declared: self.declared.as_deref() }
    }

    /// Whether text that was checked to be JSON is an object.
    pub(crate) fn is_object(&self) -> bool {
        self.text.trim_ascii_start().starts_with('{')
    }
}

/// Why text is not an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EnvelopeError {
    Syntax(Syntax),
    /// It has other members than the two, or the schema is not valid.
    Shape(String),
}

impl From<Syntax> for EnvelopeError {
    fn from(syntax: Syntax) -> Self {
        EnvelopeError::Syntax(syntax)
    }
}

impl Schemas {
    /// Removes the envelope.
    ///
    /// # Errors
    /// The text is not an envelope.
    pub(crate) fn open<'e>(&mut self, text: &'e str) -> Result<Content<'e>, EnvelopeError> {
        let (mut schema, mut payload) = (None, None);
        let mut scanner = Scanner::new(text);
        let mut members = scanner.object()?;
        while let Some(key) = members.key(&mut scanner)? {
            if key.is("schema") {
                schema = Some(self.schema(&mut scanner)?);
            } else if key.is("payload") {
                let start = scanner.at();
                scanner.value()?;
                payload = Some(&text[start..scanner.at()]);
            } else {
                let why = "an envelope must have a `schema`, a `payload` and nothing else";
                return Err(EnvelopeError::Shape(why.to_owned()));
            }
        }
        scanner.end()?;
        match (schema, payload) {
            // Connect's converter refuses it too, and a null would delete the row.
            (Some(Some(declared)), Some(text))
                if text.trim_ascii() == "null" && !declared.takes_null() =>
            {
                let why = "the payload is null, and its schema is not optional";
                Err(EnvelopeError::Shape(why.to_owned()))
            }
            (Some(declared), Some(text)) => Ok(Content { text, declared }),
            _ => Err(EnvelopeError::Shape(
                "an envelope must have a `schema` and a `payload`".to_owned(),
            )),
        }
    }

    fn schema(&mut self, scanner: &mut Scanner<'_>) -> Result<Option<Rc<Declared>>, EnvelopeError> {
        if let Some(place) = self.known.iter().position(|(text, _)| scanner.skip(text)) {
            self.known[..=place].rotate_right(1);
            return Ok(Some(Rc::clone(&self.known[0].1)));
        }
        let value = scanner.value()?;
        if value == Value::Null {
            return Ok(None);
        }
        let declared = Declared::parse(value).map_err(EnvelopeError::Shape)?;
        let declared = Rc::new(declared);
        self.known.truncate(REMEMBERED - 1);
        self.known.insert(0, (value.to_json(), Rc::clone(&declared)));
        Ok(Some(declared))
    }
}

/// Whether text of an unknown format is an envelope: two members, of which one is a schema with a
/// type of Kafka Connect.
pub(crate) fn is_envelope(text: &str) -> bool {
    // Most text is not, and its first key shows that.
    let mut scanner = Scanner::new(text);
    let first = scanner.object().and_then(|mut members| members.key(&mut scanner));
    if !first.is_ok_and(|key| key.is_some_and(|key| key.is("schema") || key.is("payload"))) {
        return false;
    }
    let Ok(value) = Scanner::new(text).value() else { return false };
    let [schema, payload] = value.pick(["schema", "payload"]);
    let word = schema.and_then(|schema| schema.member("type"));
    value.members().count() == 2
        && payload.is_some()
        && word.and_then(Value::to_text).is_some_and(|word| Kind::is_word(&word))
}
