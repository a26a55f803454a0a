//! Which records go to the function at all: Lambda's filter criteria, on a record's value.
//!
//! The rules are those of "Filtering events from Amazon MSK and self-managed Apache Kafka event
//! sources" (AWS Lambda Developer Guide): a pattern sees the key `value` only, several filters are
//! alternatives, and a value whose format is not the pattern's is not held against it. How a
//! pattern is read is in [`pattern`], how it is compared with a value in [`matching`].

use serde_json::Value;

mod matching;
mod pattern;

use pattern::{Node, Test};

/// The most filters one event source mapping may have ("Lambda event filtering": five, ten on
/// request).
pub const MAX_FILTERS: usize = 10;

/// One pattern of EventBridge over `{"value": …}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    value: Kind,
}

/// What format of value a pattern is meant for.
#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// `{"value": {…}}`: JSON objects, and lists of them.
    Json(Node),
    /// `{"value": […]}`: plain text.
    Text(Vec<Test>),
    /// `{"$or": [{"value": …}, {"value": …}]}`: any of them.
    Any(Vec<Kind>),
}

impl Filter {
    /// Reads a pattern, JSON as in the `Pattern` of Lambda's `FilterCriteria`.
    ///
    /// # Errors
    ///
    /// A sentence that says where in the pattern what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let pattern: Value = serde_json::from_str(text)
            .map_err(|error| format!("the filter is no JSON: {error}"))?;
        Ok(Self { value: Kind::read(&pattern)? })
    }

    /// Whether the filter lets a record of this value through; `None` is a tombstone.
    fn passes(&self, value: &Content) -> bool {
        self.value.passes(value)
    }
}

/// Whether any filter lets a record of this value through. Without filters all do.
#[must_use]
pub fn passes(filters: &[Filter], value: Option<&[u8]>) -> bool {
    if filters.is_empty() {
        return true;
    }
    let content = Content::of(value);
    filters.iter().any(|filter| filter.passes(&content))
}

/// A value as the filters see it.
enum Content<'v> {
    /// An object or a list.
    Json(Value),
    /// Text that is neither: a number or a quoted word alone is text too.
    Text(&'v str),
    /// A tombstone, or bytes that are not UTF-8.
    Opaque,
}

impl<'v> Content<'v> {
    fn of(value: Option<&'v [u8]>) -> Self {
        let Some(Ok(text)) = value.map(std::str::from_utf8) else { return Self::Opaque };
        match serde_json::from_str(text) {
            Ok(json @ (Value::Object(_) | Value::Array(_))) => Self::Json(json),
            _ => Self::Text(text),
        }
    }
}

impl Kind {
    fn read(pattern: &Value) -> Result<Self, String> {
        let wrong = || "a filter looks like {\"value\": …}: only the value can be filtered on";
        let fields = pattern.as_object().filter(|fields| fields.len() == 1).ok_or_else(wrong)?;
        if let Some(Value::Array(list)) = fields.get(pattern::OR) {
            return list.iter().map(Self::read).collect::<Result<_, _>>().map(Self::Any);
        }
        match fields.get("value").ok_or_else(wrong)? {
            Value::Object(fields) => Ok(Self::Json(pattern::node(fields, &["value"])?)),
            Value::Array(tests) => Ok(Self::Text(pattern::tests(tests, &["value"])?)),
            _ => Err(wrong().to_owned()),
        }
    }

    fn passes(&self, content: &Content) -> bool {
        match (self, content) {
            (Self::Json(node), Content::Json(value)) => matching::node(node, value),
            (Self::Text(tests), Content::Text(text)) => {
                let value = Value::String((*text).to_owned());
                tests.iter().any(|test| matching::scalar(test, &value))
            }
            (Self::Any(kinds), content) => kinds.iter().any(|kind| kind.passes(content)),
            // "If the message format doesn't match the FilterCriteria format, Lambda processes
            // metadata filters only", and of those Kafka has none.
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests;
