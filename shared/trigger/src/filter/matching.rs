//! Compares a pattern with a value: every field of the pattern must match, and one of a field's
//! tests is enough. One element of a list is enough, but all fields of an object must match in the
//! same element.

use serde_json::{Number, Value};

use super::pattern::{Bound, Field, Node, Test, TextTest};

/// Whether `value` matches `node`.
pub(super) fn node(node: &Node, value: &Value) -> bool {
    Search { root: value }.node(node, Some(value), &mut Vec::new())
}

/// A value that is compared with a pattern. A field is missing only if no element of any list has
/// it, so the search for it starts at the root.
struct Search<'v> {
    root: &'v Value,
}

impl Search<'_> {
    fn node<'p>(&self, node: &'p Node, value: Option<&Value>, path: &mut Vec<&'p str>) -> bool {
        if let Some(Value::Array(elements)) = value {
            return elements.iter().any(|element| self.node(node, Some(element), path))
                || (elements.is_empty() && self.node(node, None, path));
        }
        node.fields.iter().all(|(name, field)| {
            path.push(name);
            let held = self.field(field, value.and_then(|value| value.get(name)), path);
            path.pop();
            held
        }) && node.any.iter().all(|any| any.iter().any(|node| self.node(node, value, path)))
    }

    fn field<'p>(&self, field: &'p Field, value: Option<&Value>, path: &mut Vec<&'p str>) -> bool {
        match field {
            Field::Node(node) => self.node(node, value, path),
            Field::Leaf(tests) => tests.iter().any(|test| match test {
                Test::Missing => !has_leaf(self.root, path),
                test => value.is_some_and(|value| leaf(test, value)),
            }),
        }
    }
}

/// Whether there is a value other than an object at `path`, in any element of the lists on the way.
fn has_leaf(value: &Value, path: &[&str]) -> bool {
    match (value, path) {
        (Value::Array(elements), path) => elements.iter().any(|element| has_leaf(element, path)),
        (Value::Object(fields), [name, rest @ ..]) => {
            fields.get(*name).is_some_and(|value| has_leaf(value, rest))
        }
        (Value::Object(_), []) => false,
        (_, path) => path.is_empty(),
    }
}

fn leaf(test: &Test, value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(|element| leaf(test, element)),
        Value::Object(_) => false,
        value => scalar(test, value),
    }
}

/// Whether `test` holds for a value that is neither a list nor an object.
pub(super) fn scalar(test: &Test, value: &Value) -> bool {
    match (test, value) {
        (Test::Exists, _) => true,
        (Test::Null, Value::Null) => true,
        (Test::Bool(wanted), Value::Bool(given)) => wanted == given,
        (Test::Number(wanted), Value::Number(given)) => equal(wanted, given),
        (Test::Text(test), Value::String(text)) => holds(test, text),
        (Test::Between { low, high }, Value::Number(given)) => {
            let Some(given) = given.as_f64() else { return false };
            low.is_none_or(|low| given > low.number || is_at(low, given))
                && high.is_none_or(|high| given < high.number || is_at(high, given))
        }
        (Test::Not(tests), value) => !tests.iter().any(|test| scalar(test, value)),
        _ => false,
    }
}

/// Whether the numbers are equal; integers are compared exactly.
fn equal(left: &Number, right: &Number) -> bool {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => left == right,
        _ => left.as_f64() == right.as_f64(),
    }
}

fn is_at(bound: Bound, number: f64) -> bool {
    bound.inclusive && number == bound.number
}

fn holds(test: &TextTest, text: &str) -> bool {
    match test {
        TextTest::Equal(wanted) => wanted == text,
        TextTest::EqualAnyCase(wanted) => *wanted == text.to_lowercase(),
        TextTest::Prefix(prefix) => text.starts_with(prefix),
        TextTest::PrefixAnyCase(prefix) => text.to_lowercase().starts_with(prefix),
        TextTest::Suffix(suffix) => text.ends_with(suffix),
        TextTest::SuffixAnyCase(suffix) => text.to_lowercase().ends_with(suffix),
        TextTest::Wildcard(pieces) => is_like(pieces, text),
    }
}

/// Whether the text contains the pieces in this order. It is enough to find each piece at its first
/// position, because any text may be between them.
fn is_like(pieces: &[String], text: &str) -> bool {
    let [first, middle @ .., last] = pieces else {
        return pieces.first().is_some_and(|only| only == text);
    };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    for piece in middle {
        let Some(at) = rest.find(piece.as_str()) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last.as_str())
}
