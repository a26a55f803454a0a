//! One section of the file: its settings, each with its position, on top of the defaults.

use std::collections::BTreeMap;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::arguments::{age, position};
use sluice_trigger::StartingPosition;

/// A problem, and its byte position in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) at: usize,
    pub(super) text: String,
}

impl Problem {
    pub(super) fn new(at: usize, text: impl Into<String>) -> Self {
        Self { at, text: text.into() }
    }
}

/// The settings of a connector, with the names of `sluice trigger`, and its two tables.
const SETTINGS: &[&str] = &[
    "batch-size",
    "batch-window",
    "bisect",
    "bootstrap",
    "concurrency",
    "filter",
    "function",
    "group",
    "kafka",
    "max-record-age",
    "max-retries",
    "metadata-max-age",
    "mode",
    "on-failure",
    "on-offset-out-of-range",
    "options",
    "payload-limit",
    "poll-interval",
    "report-batch-item-failures",
    "session-timeout",
    "starting-position",
    "timeout",
    "topics",
    "topics-regex",
];

/// The settings that a source has too.
const OF_SOURCES: &[&str] =
    &["bootstrap", "function", "kafka", "options", "poll-interval", "timeout"];

/// A value and its position.
#[derive(Debug, Clone)]
struct PositionedValue {
    at: usize,
    value: Value,
}

#[derive(Debug, Clone)]
enum Value {
    Text(String),
    Integer(i64),
    Flag(bool),
    List(Vec<String>),
}

/// Options by their names with dots, each with its position.
pub(super) type Options = BTreeMap<String, (usize, String)>;

/// The settings of one section.
#[derive(Debug, Clone, Default)]
pub(super) struct Section {
    at: usize,
    settings: BTreeMap<&'static str, PositionedValue>,
    /// Those that stand in the section itself.
    own: Vec<&'static str>,
    /// The connection options.
    pub(super) kafka: Options,
    /// The function's options.
    pub(super) options: Options,
}

impl Section {
    /// A section that begins at `at`, with the settings of `defaults`.
    pub(super) fn below(defaults: &Self, at: usize) -> Self {
        Self { at, own: Vec::new(), ..defaults.clone() }
    }

    /// Adds the settings of `table`, which replace earlier ones.
    pub(super) fn read(&mut self, table: &DeTable, problems: &mut Vec<Problem>) {
        // Topics by name replace a pattern, and a pattern replaces names.
        for (one, other) in [("topics", "topics-regex"), ("topics-regex", "topics")] {
            if table.contains_key(one) {
                self.settings.remove(other);
            }
        }
        for (key, value) in table {
            let (name, at) = (key.get_ref().as_ref(), value.span().start);
            match (name, SETTINGS.iter().find(|known| **known == name)) {
                ("kafka", _) => options(&mut self.kafka, "kafka", value, problems),
                ("options", _) => options(&mut self.options, "options", value, problems),
                (_, Some(known)) => match plain(value.get_ref()) {
                    Some(value) => {
                        self.settings.insert(known, PositionedValue { at, value });
                        self.own.push(known);
                    }
                    None => problems
                        .push(Problem::new(at, format!("{name} cannot have a value of this kind"))),
                },
                (_, None) => problems.push(Problem::new(key.span().start, unknown(name, SETTINGS))),
            }
        }
    }

    /// The position of a setting, or of its section if it is not set.
    pub(super) fn place(&self, name: &str) -> usize {
        self.settings.get(name).map_or(self.at, |placed| placed.at)
    }

    /// Whether a setting is set.
    pub(super) fn has(&self, name: &str) -> bool {
        self.settings.contains_key(name)
    }

    /// The settings of the section itself, and not of the defaults, that a source does not have.
    pub(super) fn only_of_sinks(&self) -> impl Iterator<Item = &'static str> {
        self.own.iter().copied().filter(|name| !OF_SOURCES.contains(name))
    }

    /// A setting that is text.
    pub(super) fn text(&self, name: &str, problems: &mut Vec<Problem>) -> Option<String> {
        self.parsed(name, "text in quotes", problems, |value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        })
    }

    /// A setting that is a list of texts, or one text.
    pub(super) fn list(&self, name: &str, problems: &mut Vec<Problem>) -> Option<Vec<String>> {
        self.parsed(name, "a list of texts", problems, |value| match value {
            Value::Text(text) => Some(vec![text.clone()]),
            Value::List(list) => Some(list.clone()),
            _ => None,
        })
    }

    /// A setting that is a whole number.
    pub(super) fn number(&self, name: &str, problems: &mut Vec<Problem>) -> Option<i64> {
        self.parsed(name, "a whole number", problems, |value| match value {
            Value::Integer(number) => Some(*number),
            _ => None,
        })
    }

    /// A setting that is a whole number and not negative.
    pub(super) fn size(&self, name: &str, problems: &mut Vec<Problem>) -> Option<usize> {
        self.parsed(name, "a whole number, 1 or more", problems, |value| match value {
            Value::Integer(number) => usize::try_from(*number).ok(),
            _ => None,
        })
    }

    /// A setting that is true or false.
    pub(super) fn flag(&self, name: &str, problems: &mut Vec<Problem>) -> Option<bool> {
        self.parsed(name, "true or false", problems, |value| match value {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        })
    }

    /// A setting that is a duration.
    pub(super) fn time(&self, name: &str, problems: &mut Vec<Problem>) -> Option<Duration> {
        self.parsed(name, "a time such as \"500ms\"", problems, |value| match value {
            Value::Text(text) => humantime::parse_duration(text).ok(),
            _ => None,
        })
    }

    /// A setting that is an age of records.
    pub(super) fn age(&self, name: &str, problems: &mut Vec<Problem>) -> Option<Duration> {
        let wanted = "a time such as \"1h\", seconds, or -1";
        let age = self.parsed(name, wanted, problems, |value| match value {
            Value::Text(text) => age(text).ok(),
            Value::Integer(number) => age(&number.to_string()).ok(),
            _ => None,
        });
        age.flatten()
    }

    /// A setting that is a starting position.
    pub(super) fn position(
        &self,
        name: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<StartingPosition> {
        let wanted = "\"trim-horizon\", \"latest\" or \"at-timestamp=TIME\"";
        self.parsed(name, wanted, problems, |value| match value {
            Value::Text(text) => position(text).ok(),
            _ => None,
        })
    }

    fn parsed<T>(
        &self,
        name: &str,
        wanted: &str,
        problems: &mut Vec<Problem>,
        parse: impl Fn(&Value) -> Option<T>,
    ) -> Option<T> {
        let placed = self.settings.get(name)?;
        let parsed = parse(&placed.value);
        if parsed.is_none() {
            problems.push(Problem::new(placed.at, format!("{name} must be {wanted}")));
        }
        parsed
    }
}

/// Reads options: `"insert.mode" = "upsert"`, or without the quotes, which makes nested tables.
fn options(
    options: &mut Options,
    prefix: &str,
    value: &Spanned<DeValue>,
    problems: &mut Vec<Problem>,
) {
    let DeValue::Table(table) = value.get_ref() else {
        problems.push(Problem::new(value.span().start, format!("{prefix} must be a table")));
        return;
    };
    nested(options, "", table, problems);
}

fn nested(options: &mut Options, prefix: &str, table: &DeTable, problems: &mut Vec<Problem>) {
    for (key, value) in table {
        let (key, at) = (key.get_ref(), value.span().start);
        let name = if prefix.is_empty() { key.to_string() } else { format!("{prefix}.{key}") };
        match (value.get_ref(), plain(value.get_ref())) {
            (DeValue::Table(table), _) => nested(options, &name, table, problems),
            (DeValue::Float(number), _) => {
                options.insert(name, (at, number.as_str().to_owned()));
            }
            (_, Some(plain)) => {
                let text = match plain {
                    Value::Text(text) => text,
                    Value::Integer(number) => number.to_string(),
                    Value::Flag(flag) => flag.to_string(),
                    Value::List(list) => list.join(","),
                };
                options.insert(name, (at, text));
            }
            _ => {
                problems.push(Problem::new(at, format!("{name} must be text, a number or a list")));
            }
        }
    }
}

fn plain(value: &DeValue) -> Option<Value> {
    match value {
        DeValue::String(text) => Some(Value::Text(text.to_string())),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(Value::Integer)
        }
        DeValue::Boolean(flag) => Some(Value::Flag(*flag)),
        DeValue::Array(list) => {
            let text = |value: &Spanned<DeValue>| match value.get_ref() {
                DeValue::String(text) => Some(text.to_string()),
                _ => None,
            };
            list.iter().map(text).collect::<Option<_>>().map(Value::List)
        }
        _ => None,
    }
}

/// Reads a value that must be text.
pub(super) fn text_of(
    value: &Spanned<DeValue>,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Option<String> {
    if let DeValue::String(text) = value.get_ref() {
        return Some(text.to_string());
    }
    problems.push(Problem::new(value.span().start, format!("{name} must be text in quotes")));
    None
}

/// The message about an unknown name.
pub(super) fn unknown(name: &str, known: &[&str]) -> String {
    let distance = |known: &&&str| strsim::damerau_levenshtein(known, name);
    let nearest = known.iter().min_by_key(distance).filter(|known| distance(known) <= 3);
    let hint = nearest.map_or(String::new(), |known| format!("; did you mean {known}?"));
    format!("there is no setting {name}{hint}")
}
