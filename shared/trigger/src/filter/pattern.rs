//! Reads and checks EventBridge patterns ("Comparison operators for use in event patterns", Amazon
//! EventBridge User Guide).

use serde_json::{Map, Number, Value};

/// Alternatives among fields.
pub(super) const OR: &str = "$or";

/// EventBridge compares only numbers between the negative of this and this.
const NUMERIC_LIMIT: f64 = 5.0e9;

/// The names of operators. A `$or` whose objects have one of these names is a field.
const OPERATORS: [&str; 8] = [
    "anything-but",
    "cidr",
    "equals-ignore-case",
    "exists",
    "numeric",
    "prefix",
    "suffix",
    "wildcard",
];

/// A pattern for an object: all fields must match, and one of each list of alternatives.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Node {
    pub(super) fields: Vec<(String, Field)>,
    pub(super) any: Vec<Vec<Node>>,
}

/// A pattern for a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Field {
    Node(Node),
    /// One of these tests must hold for the field's value, or for one element of its list.
    Leaf(Vec<Test>),
}

/// A test of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    Null,
    Bool(bool),
    Number(Number),
    Text(TextTest),
    Between {
        low: Option<Bound>,
        high: Option<Bound>,
    },
    Exists,
    Missing,
    /// None of these tests holds.
    Not(Vec<Test>),
}

/// A test of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TextTest {
    Equal(String),
    /// The text is compared in lower case, and stored in lower case.
    EqualAnyCase(String),
    Prefix(String),
    PrefixAnyCase(String),
    Suffix(String),
    SuffixAnyCase(String),
    /// The pieces between asterisks: the text starts with the first, ends with the last, and has
    /// the others in this order.
    Wildcard(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bound {
    pub(super) number: f64,
    pub(super) inclusive: bool,
}

/// Reads an object of a pattern; `path` says where it is.
pub(super) fn node(fields: &Map<String, Value>, path: &[&str]) -> Result<Node, String> {
    if fields.is_empty() {
        return Err(format!("{}: an empty object matches nothing", location(path)));
    }
    let mut node = Node::default();
    for (name, value) in fields {
        let path = [path, &[name]].concat();
        match value {
            Value::Array(list) if name == OR && is_or(list) => {
                let alternatives = list.iter().filter_map(Value::as_object);
                let read = alternatives.map(|fields| self::node(fields, &path));
                node.any.push(read.collect::<Result<_, _>>()?);
            }
            Value::Array(list) => {
                node.fields.push((name.clone(), Field::Leaf(tests(list, &path)?)));
            }
            Value::Object(inner) => {
                node.fields.push((name.clone(), Field::Node(self::node(inner, &path)?)));
            }
            _ => return Err(format!("{}: write the value in a list, [ … ]", location(&path))),
        }
    }
    Ok(node)
}

/// Whether `$or` is a list of alternatives: two or more objects, without the name of an operator
/// among their fields. Otherwise it is an ordinary field.
fn is_or(list: &[Value]) -> bool {
    let plain = |value: &Value| {
        value.as_object().is_some_and(|fields| {
            !fields.is_empty() && fields.keys().all(|name| !OPERATORS.contains(&name.as_str()))
        })
    };
    list.len() >= 2 && list.iter().all(plain)
}

/// Reads the list of a field.
pub(super) fn tests(list: &[Value], path: &[&str]) -> Result<Vec<Test>, String> {
    if list.is_empty() {
        return Err(format!("{}: an empty list matches nothing", location(path)));
    }
    list.iter().map(|value| test(value, path)).collect()
}

fn test(value: &Value, path: &[&str]) -> Result<Test, String> {
    match value {
        Value::Null => Ok(Test::Null),
        Value::Bool(flag) => Ok(Test::Bool(*flag)),
        Value::Number(number) => Ok(Test::Number(number.clone())),
        Value::String(text) => Ok(Test::Text(TextTest::Equal(text.clone()))),
        Value::Array(_) => Err(format!("{}: a list must not contain a list", location(path))),
        Value::Object(fields) => {
            let mut operators = fields.iter();
            match (operators.next(), operators.next()) {
                (Some((name, operand)), None) => operator(name, operand, path),
                _ => Err(format!("{}: an object must have exactly one operator", location(path))),
            }
        }
    }
}

fn operator(name: &str, operand: &Value, path: &[&str]) -> Result<Test, String> {
    let wrong = |what: &str| Err(format!("{}: {name} takes {what}", location(path)));
    match (name, operand) {
        ("exists", Value::Bool(true)) => Ok(Test::Exists),
        ("exists", Value::Bool(false)) => Ok(Test::Missing),
        ("exists", _) => wrong("true or false"),
        ("numeric", Value::Array(list)) => match between(list) {
            Some(test) => Ok(test),
            None => wrong(
                "one comparison such as [\"<\", 10], or a range such as [\">\", 0, \"<=\", 5], of \
                 numbers between -5e9 and 5e9",
            ),
        },
        ("numeric", _) => wrong("a list"),
        ("anything-but", operand) => match excluded(operand, path)? {
            Some(tests) => Ok(Test::Not(tests)),
            None => wrong(
                "a text, a number, a list of texts or of numbers, or prefix, suffix, wildcard or \
                 equals-ignore-case",
            ),
        },
        ("prefix" | "suffix" | "equals-ignore-case" | "wildcard", operand) => {
            text_test(name, operand, path).map(Test::Text)
        }
        _ => Err(format!(
            "{}: {name} is not an operator; use anything-but, equals-ignore-case, exists, numeric, \
             prefix, suffix or wildcard",
            location(path)
        )),
    }
}

fn text_test(name: &str, operand: &Value, path: &[&str]) -> Result<TextTest, String> {
    let wrong = |what: &str| Err(format!("{}: {name} takes {what}", location(path)));
    if let Value::String(text) = operand {
        return match name {
            "prefix" => Ok(TextTest::Prefix(text.clone())),
            "suffix" => Ok(TextTest::Suffix(text.clone())),
            "equals-ignore-case" => Ok(TextTest::EqualAnyCase(text.to_lowercase())),
            _ => match pieces(text) {
                Some(pieces) => Ok(TextTest::Wildcard(pieces)),
                None => wrong(
                    "a text without two asterisks in a row, and a backslash only before * or \\",
                ),
            },
        };
    }
    let any_case = operand.as_object().filter(|fields| fields.len() == 1);
    let any_case = any_case.and_then(|fields| fields.get("equals-ignore-case")?.as_str());
    match (name, any_case.map(str::to_lowercase)) {
        ("prefix", Some(text)) => Ok(TextTest::PrefixAnyCase(text)),
        ("suffix", Some(text)) => Ok(TextTest::SuffixAnyCase(text)),
        _ => wrong("a text"),
    }
}

/// What `anything-but` excludes; `None` if its operand is not valid.
fn excluded(operand: &Value, path: &[&str]) -> Result<Option<Vec<Test>>, String> {
    if let Value::Object(fields) = operand {
        let Some((name, operand)) = fields.iter().next().filter(|_| fields.len() == 1) else {
            return Ok(None);
        };
        if !matches!(name.as_str(), "prefix" | "suffix" | "wildcard" | "equals-ignore-case") {
            return Ok(None);
        }
        let operands = operand.as_array().map_or(std::slice::from_ref(operand), Vec::as_slice);
        let tests = operands.iter().map(|operand| text_test(name, operand, path).map(Test::Text));
        return tests
            .collect::<Result<Vec<_>, _>>()
            .map(|tests| Some(tests).filter(|t| !t.is_empty()));
    }
    let list = operand.as_array().map_or(std::slice::from_ref(operand), Vec::as_slice);
    let uniform = list.iter().all(Value::is_string) || list.iter().all(Value::is_number);
    if list.is_empty() || !uniform {
        return Ok(None);
    }
    tests(list, path).map(Some)
}

/// Reads `["=", 5]`, one bound, or a lower and an upper bound.
fn between(list: &[Value]) -> Option<Test> {
    let mut bounds = list.chunks(2).map(|pair| {
        let number = pair.get(1)?.as_f64().filter(|number| number.abs() <= NUMERIC_LIMIT)?;
        Some((pair[0].as_str()?, number))
    });
    let (sign, number) = bounds.next()??;
    let bound = |sign: &str, number| Some(Bound { number, inclusive: sign.ends_with('=') });
    let second = bounds.next();
    if bounds.next().is_some() {
        return None;
    }
    match (sign, second) {
        ("=", None) => Some(Test::Between { low: bound(sign, number), high: bound(sign, number) }),
        ("<" | "<=", None) => Some(Test::Between { low: None, high: bound(sign, number) }),
        (">" | ">=", None) => Some(Test::Between { low: bound(sign, number), high: None }),
        (">" | ">=", Some(Some((upper @ ("<" | "<="), limit)))) if number < limit => {
            Some(Test::Between { low: bound(sign, number), high: bound(upper, limit) })
        }
        _ => None,
    }
}

/// The pieces of a wildcard between its asterisks, with escapes replaced; `None` if it is not
/// valid.
fn pieces(text: &str) -> Option<Vec<String>> {
    let mut pieces = vec![String::new()];
    let mut characters = text.chars();
    let mut after_asterisk = false;
    while let Some(character) = characters.next() {
        let asterisk = character == '*';
        if asterisk && std::mem::replace(&mut after_asterisk, true) {
            return None;
        }
        if asterisk {
            pieces.push(String::new());
            continue;
        }
        after_asterisk = false;
        let literal = match character {
            '\\' => characters.next().filter(|next| matches!(next, '*' | '\\'))?,
            other => other,
        };
        pieces.last_mut()?.push(literal);
    }
    Some(pieces)
}

fn location(path: &[&str]) -> String {
    format!("at {}", path.join("."))
}
