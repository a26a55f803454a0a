//! Lambda's filter criteria: which records are sent to the function.
//!
//! The rules are those of "Filtering events from Amazon MSK and self-managed Apache Kafka event
//! sources" (AWS Lambda Developer Guide): a pattern applies only to the key `value`, one of several
//! filters is enough, and a value passes if its format is not the pattern's. [`pattern`] reads a
//! pattern, [`matching`] compares it with a value.

use serde_json::Value;

mod matching;
mod pattern;

use pattern::{Node, Test};

/// The largest number of filters in an event source mapping ("Lambda event filtering": five, or ten
/// on request).
pub const MAX_FILTERS: usize = 10;

/// An EventBridge pattern over `{"value": …}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    value: ValuePattern,
}

/// The format of values for which a pattern is.
#[derive(Debug, Clone, PartialEq)]
enum ValuePattern {
    /// `{"value": {…}}`: JSON objects and lists.
    Json(Node),
    /// `{"value": […]}`: plain text.
    Text(Vec<Test>),
    /// `{"$or": [{"value": …}, {"value": …}]}`: one of the patterns is enough.
    Any(Vec<ValuePattern>),
}

impl Filter {
    /// Reads a pattern: JSON, as in `Pattern` of Lambda's `FilterCriteria`.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong in the pattern, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let pattern: Value =
            serde_json::from_str(text).map_err(|error| format!("must be JSON: {error}"))?;
        Ok(Self { value: ValuePattern::read(&pattern)? })
    }

    /// Whether a record with this value passes the filter.
    fn passes(&self, value: &Content) -> bool {
        self.value.passes(value)
    }
}

/// Whether a record with this value passes one of the filters; `None` is a tombstone. Without
/// filters every record passes.
#[must_use]
pub fn passes(filters: &[Filter], value: Option<&[u8]>) -> bool {
    if filters.is_empty() {
        return true;
    }
    let content = Content::of(value);
    filters.iter().any(|filter| filter.passes(&content))
}

/// A record's value, read for the filters.
enum Content<'v> {
    /// An object or a list.
    Json(Value),
    /// Other text. A single number or a single JSON string is text too.
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

impl ValuePattern {
    fn read(pattern: &Value) -> Result<Self, String> {
        let wrong = || "must look like {\"value\": …}: only the value of a record can be filtered";
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
            // metadata filters only", and there are no such filters for Kafka.
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests;
