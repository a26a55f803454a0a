//! Decodes a record's bytes as `value.format` and `key.format` say: the first step of the pipeline.

use bumpalo::Bump;

use crate::event::record::Record;
use crate::format::compiled::{Payload, Registered};
use crate::format::debezium::{self, Change};
use crate::format::envelope::{Content, EnvelopeError, Schemas, is_envelope};
use crate::format::frame::Part;
use crate::format::framed;
use crate::format::mismatch::NotConvertible;
use crate::format::refusal;
use crate::format::registry::KnownSchemas;
use crate::format::typed::Typed;
use crate::json::scanner::Scanner;
use crate::json::syntax::Syntax;
use crate::json::value::Value;
use crate::model::cell::Cell;
use crate::model::failure::{Refusal, Stage};
use crate::options::formats::{Format, Formats};
use crate::options::mapping::Step;

/// What a value asks for.
#[derive(Debug)]
pub(crate) enum Decoded<'e> {
    /// A row of this text.
    Text(&'e str),
    /// A row of this text, which is not yet checked to be JSON.
    Json(Content<'e>),
    /// A row of the fields of this payload.
    Fields(Payload<'e>),
    /// A row of text from Debezium, which has a placeholder for values that it leaves out; and what the row
    /// was before, if the record has it.
    Image { after: Content<'e>, before: Option<Content<'e>> },
    /// The row is deleted; with its last content, if the record has it.
    Gone(Option<Content<'e>>),
    /// The same in a flattened record, which has the row and the mark that it was deleted.
    Marked(Content<'e>),
    /// Nothing that concerns the table's rows.
    Nothing,
}

/// A record's key.
#[derive(Debug)]
pub(crate) enum RecordKey<'e> {
    Missing,
    Text(&'e str),
    /// Checked to be JSON.
    Json(Content<'e>),
}

/// How unclear the values of a key without a schema are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bare {
    /// Not at all: it is plain JSON.
    No,
    /// The key of a tombstone: it may be that of a change event, so the unit of a number is
    /// unknown.
    Numbers,
    /// The key of a change event.
    All,
}

impl Bare {
    /// A part of a key as a cell.
    ///
    /// # Errors
    /// As [`Typed::cell`].
    pub(crate) fn cell<'e>(
        self,
        part: Typed<'e, '_>,
        arena: &'e Bump,
    ) -> Result<Cell<'e>, NotConvertible> {
        let is_bare = match self {
            Bare::No => false,
            Bare::Numbers => matches!(part.value, Value::Number(_)),
            Bare::All => true,
        };
        part.cell(is_bare, arena)
    }
}

impl Decoded<'_> {
    /// How the record's key must be read, as the value shows.
    pub(crate) fn bare_key(&self, value_format: Format) -> Bare {
        match (self, value_format) {
            (Decoded::Image { .. } | Decoded::Marked(_) | Decoded::Gone(Some(_)), _) => Bare::All,
            (Decoded::Gone(None), Format::Debezium) => Bare::All,
            (Decoded::Gone(None), Format::Auto) => Bare::Numbers,
            _ => Bare::No,
        }
    }
}

/// Decodes records and caches the schemas of their envelopes.
#[derive(Debug)]
pub(crate) struct RecordDecoder {
    formats: Formats,
    schemas: Schemas,
    known: KnownSchemas,
    /// Whether a column takes the whole value.
    takes_whole: bool,
}

impl RecordDecoder {
    /// Decodes as the options say, with the schemas of a registry that are known.
    pub(crate) fn new(formats: Formats, known: KnownSchemas, takes_whole: bool) -> Self {
        Self { formats, schemas: Schemas::default(), known, takes_whole }
    }

    /// Reads a record's value.
    ///
    /// # Errors
    /// The value is not in its format.
    pub(crate) fn value<'e>(
        &mut self,
        record: &Record<'e>,
        arena: &'e Bump,
    ) -> Result<Decoded<'e>, Refusal> {
        let format = self.formats.value;
        let Some(bytes) = record.value else { return Ok(Decoded::Gone(None)) };
        let by_field = format != Format::Debezium && !self.takes_whole;
        if let Some(registered) = self.framed(record, Part::Value, by_field, arena)? {
            let content = match registered {
                Registered::Fields(payload) => return Ok(Decoded::Fields(payload)),
                Registered::Content(content) => content,
            };
            return match format {
                _ if content.text == "null" => Ok(Decoded::Gone(None)),
                Format::Debezium => change(content),
                _ if debezium::is_change(content.text) => change(content),
                _ => Ok(Decoded::Json(content)),
            };
        }
        if let Some(why) = is_framed("the value", bytes, format) {
            return Err(Refusal::new(Stage::Value, why));
        }
        let text = simdutf8::basic::from_utf8(bytes)
            .map_err(|_| Refusal::new(Stage::Value, "the value is not UTF-8 text"))?;
        let plain = Content { text, declared: None };
        let content = match format {
            Format::String => return Ok(Decoded::Text(text)),
            Format::Json | Format::Avro | Format::Protobuf | Format::JsonSchema => {
                return Ok(Decoded::Json(plain));
            }
            Format::JsonEnvelope => self.open(text)?,
            Format::Auto | Format::Debezium if is_envelope(text) => self.open(text)?,
            Format::Auto | Format::Debezium => plain,
        };
        match format {
            _ if content.text == "null" && content.text.len() < text.len() => {
                Ok(Decoded::Gone(None))
            }
            Format::Debezium => change(content),
            Format::Auto if debezium::is_change(content.text) => change(content),
            _ => Ok(Decoded::Json(content)),
        }
    }

    /// A part that was written with a schema of a registry.
    fn framed<'e>(
        &self,
        record: &Record<'e>,
        part: Part,
        by_field: bool,
        arena: &'e Bump,
    ) -> Result<Option<Registered<'e>>, Refusal> {
        framed::decode(record, part, self.formats, &self.known, by_field, arena)
    }

    fn open<'e>(&mut self, text: &'e str) -> Result<Content<'e>, Refusal> {
        self.schemas.open(text).map_err(|odd| match odd {
            EnvelopeError::Syntax(wrong) => refusal::not_json(wrong),
            EnvelopeError::Shape(why) => Refusal::new(Stage::Value, format!("the value: {why}")),
        })
    }

    /// Reads a record's key.
    ///
    /// # Errors
    /// The key is not in its format.
    pub(crate) fn key<'e>(
        &mut self,
        record: &Record<'e>,
        arena: &'e Bump,
    ) -> Result<RecordKey<'e>, Refusal> {
        let format = self.formats.key;
        let Some(bytes) = record.key else { return Ok(RecordKey::Missing) };
        if let Some(Registered::Content(content)) = self.framed(record, Part::Key, false, arena)? {
            let is_null = content.text == "null";
            return Ok(if is_null { RecordKey::Missing } else { RecordKey::Json(content) });
        }
        if let Some(why) = is_framed("the record's key", bytes, format) {
            return Err(Refusal::new(Stage::Key, why));
        }
        let text = simdutf8::basic::from_utf8(bytes)
            .map_err(|_| Refusal::new(Stage::Key, "the record's key is not UTF-8 text"))?;
        let looks_like_json = text.trim_ascii_start().starts_with(['{', '"']);
        match format {
            Format::String => return Ok(RecordKey::Text(text)),
            Format::Auto if !looks_like_json => return Ok(RecordKey::Text(text)),
            _ => {}
        }
        let content = match format {
            Format::JsonEnvelope => self.schemas.open(text),
            Format::Auto | Format::Debezium if is_envelope(text) => self.schemas.open(text),
            _ => {
                checked(text).map(|_| Content { text, declared: None }).map_err(EnvelopeError::from)
            }
        };
        match content {
            Ok(content) if content.text == "null" => Ok(RecordKey::Missing),
            Ok(content) => Ok(RecordKey::Json(content)),
            Err(EnvelopeError::Syntax(_)) if format == Format::Auto => Ok(RecordKey::Text(text)),
            Err(EnvelopeError::Syntax(wrong)) => {
                Err(Refusal::new(Stage::Key, refusal::not_json_text("the record's key", wrong)))
            }
            Err(EnvelopeError::Shape(why)) => {
                Err(Refusal::new(Stage::Key, format!("the record's key: {why}")))
            }
        }
    }
}

/// With `string`, text may begin with a NUL; JSON never does.
fn is_framed(part: &str, bytes: &[u8], format: Format) -> Option<String> {
    (format != Format::String).then(|| refusal::framed(part, bytes)).flatten()
}

fn change(content: Content<'_>) -> Result<Decoded<'_>, Refusal> {
    let value = checked(content.text).map_err(refusal::not_json)?;
    match debezium::read(value, content) {
        Ok(Change::Put { after, before }) => Ok(Decoded::Image { after, before }),
        Ok(Change::Delete(image)) => Ok(Decoded::Gone(Some(image))),
        Ok(Change::Marked(image)) => Ok(Decoded::Marked(image)),
        Ok(Change::Other) => Ok(Decoded::Nothing),
        Err(why) => Err(Refusal::new(Stage::Value, format!("the value: {why}"))),
    }
}

/// The value of text that is JSON to its end.
pub(crate) fn checked(text: &str) -> Result<Value<'_>, Syntax> {
    let mut scanner = Scanner::new(text);
    let value = scanner.value()?;
    scanner.end().map(|()| value)
}

impl<'e> RecordKey<'e> {
    /// The key, or the part of it to which the steps lead, as a cell.
    ///
    /// # Errors
    /// It is not text, or not of its declared type.
    pub(crate) fn cell(
        &self,
        steps: &[Step],
        bare: Bare,
        arena: &'e Bump,
    ) -> Result<Cell<'e>, Refusal> {
        let content = match self {
            RecordKey::Missing if steps.is_empty() => return Ok(Cell::Null),
            RecordKey::Text(text) if steps.is_empty() => return Ok(Cell::Text(text)),
            RecordKey::Missing | RecordKey::Text(_) => return Ok(Cell::Absent),
            RecordKey::Json(content) => content,
        };
        let Some(part) = content.typed().follow(steps) else { return Ok(Cell::Absent) };
        bare.cell(part, arena).map_err(|wrong| refusal::wrong(Stage::Key, "", wrong))
    }
}
