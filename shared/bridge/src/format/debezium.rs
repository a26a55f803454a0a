//! Debezium's change events: which of the row's images a record contains. Both forms are read, the
//! full one and the flattened one of Debezium's `ExtractNewRecordState` transformation.
//!
//! Format: "Change events" on the pages of Debezium's connectors, and "New Record State
//! Extraction".

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::format::envelope::Content;
use crate::json::scanner::Scanner;
use crate::json::value::Value;

/// The prefix of the fields that Debezium adds to a flattened record.
pub(crate) const ADDED: &str = "__";
/// The added fields that mark a row as deleted.
pub(crate) const MARKS: [&str; 2] = ["__deleted", "__op"];

/// What a change event says.
#[derive(Debug, Clone)]
pub(crate) enum Change<'e> {
    /// The row is now `after`, and was `before`, if the event says so.
    Put { after: Content<'e>, before: Option<Content<'e>> },
    /// The row was deleted; this is its last content.
    Delete(Content<'e>),
    /// The same in the flattened form: the row, and the mark that it was deleted.
    Marked(Content<'e>),
    /// Nothing about a row: a truncated table, a message of the source's log.
    Other,
}

/// A full change event contains the first word, a flattened one the second.
static WORDS: LazyLock<[Finder<'static>; 2]> =
    LazyLock::new(|| ["\"op\"", "\"__deleted\""].map(Finder::new));

/// Whether text of an unknown format is a change event, full or flattened.
pub(crate) fn is_change(text: &str) -> bool {
    // Most text is not, and a search for a word is cheaper than parsing.
    if WORDS.iter().all(|word| word.find(text.as_bytes()).is_none()) {
        return false;
    }
    let Ok(value) = Scanner::new(text).value() else { return false };
    let event = ChangeParts::of(value);
    event.is_full() && event.operation().is_some() && matches!(event.source, Some(Value::Object(_)))
        || event.deleted.and_then(truth).is_some()
}

/// Reads a change event, full or flattened.
///
/// # Errors
/// A sentence: the operation is unknown, or its image is missing.
pub(crate) fn read<'e>(value: Value<'e>, content: Content<'e>) -> Result<Change<'e>, String> {
    let event = ChangeParts::of(value);
    if !event.is_full() {
        let deleted = event.deleted.and_then(truth) == Some(true)
            || event.added_op.and_then(Value::to_text).as_deref() == Some("d");
        let put = |after| Change::Put { after, before: None };
        return Ok(if deleted { Change::Marked(content) } else { put(content) });
    }
    let image = |name: &str, image: Option<Value<'e>>| match image {
        Some(Value::Object(text)) => {
            let declared = content.declared.as_ref().and_then(|it| it.field(name)).cloned();
            Some(Content { text, declared })
        }
        _ => None,
    };
    match event.operation() {
        Some('c' | 'r' | 'u') => image("after", event.after)
            .map(|after| Change::Put { after, before: image("before", event.before) })
            .ok_or("the change event has no `after`".to_owned()),
        Some('d') => {
            let nothing = Content { text: "{}", declared: None };
            Ok(Change::Delete(image("before", event.before).unwrap_or(nothing)))
        }
        Some(_) => Ok(Change::Other),
        None => Err("the operation of the change event is not c, r, u, d, t or m".to_owned()),
    }
}

/// The members of an object that belong to a change event, found in one pass.
struct ChangeParts<'e> {
    before: Option<Value<'e>>,
    after: Option<Value<'e>>,
    op: Option<Value<'e>>,
    source: Option<Value<'e>>,
    message: Option<Value<'e>>,
    /// `__deleted` and `__op`, which flattening adds.
    deleted: Option<Value<'e>>,
    added_op: Option<Value<'e>>,
}

impl<'e> ChangeParts<'e> {
    fn of(value: Value<'e>) -> Self {
        let [before, after, op, source, message, deleted, added_op] =
            value.pick(["before", "after", "op", "source", "message", "__deleted", "__op"]);
        Self { before, after, op, source, message, deleted, added_op }
    }

    /// Whether it is the full form. A message of the source's log has no images.
    fn is_full(&self) -> bool {
        let is_object = |member| matches!(member, Some(Value::Object(_)));
        let has_image = self.before.or(self.after).is_some();
        (has_image || is_object(self.message) && is_object(self.source))
            && matches!(self.op, Some(Value::Text(_)))
    }

    fn operation(&self) -> Option<char> {
        let text = self.op?.to_text()?;
        let mut letters = text.chars();
        let letter = letters.next().filter(|letter| "crudtm".contains(*letter))?;
        letters.next().is_none().then_some(letter)
    }
}

fn truth(value: Value<'_>) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(truth),
        value => value.to_text()?.parse().ok(),
    }
}
