//! What a JSON text holds, as it stands there.

use crate::json::Scanner;
use crate::string::Raw;

/// One JSON value as it stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'e> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// The digits as sent.
    Number(&'e str),
    /// A string, still escaped.
    Text(Raw<'e>),
    /// An object, braces included.
    Object(&'e str),
    /// An array, brackets included.
    Array(&'e str),
}

impl<'e> Value<'e> {
    /// What to call it in an error.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::Text(_) => "string",
            Value::Object(_) => "object",
            Value::Array(_) => "array",
        }
    }

    /// The members of an object that was checked to be JSON, in their order; none of anything
    /// else.
    pub(crate) fn members(self) -> impl Iterator<Item = (Raw<'e>, Value<'e>)> {
        let mut scanner = Scanner::new(self.as_nested());
        let mut members = scanner.object().ok();
        std::iter::from_fn(move || {
            let key = members.as_mut()?.key(&mut scanner).ok()??;
            Some((key, scanner.value().ok()?))
        })
    }

    /// The items of an array that was checked to be JSON; none of anything else.
    pub(crate) fn items(self) -> impl Iterator<Item = Value<'e>> {
        let mut scanner = Scanner::new(self.as_nested());
        let mut items = scanner.array().ok();
        std::iter::from_fn(move || {
            items.as_mut()?.more(&mut scanner).ok()?.then(|| scanner.value().ok())?
        })
    }

    fn as_nested(self) -> &'e str {
        match self {
            Value::Object(text) | Value::Array(text) => text,
            _ => "",
        }
    }

    /// The member of this name; of several the last.
    pub(crate) fn member(self, name: &str) -> Option<Value<'e>> {
        let [member] = self.pick([name]);
        member
    }

    /// The members of these names, found in one walk; of several of one name the last.
    pub(crate) fn pick<const N: usize>(self, names: [&str; N]) -> [Option<Value<'e>>; N] {
        let mut picked = [None; N];
        for (key, value) in self.members() {
            if let Some(place) = names.iter().position(|name| key.is(name)) {
                picked[place] = Some(value);
            }
        }
        picked
    }

    /// Its characters, if it is a string.
    pub(crate) fn to_text(self) -> Option<String> {
        match self {
            Value::Text(raw) => raw.to_text().ok(),
            _ => None,
        }
    }

    /// As JSON, as it stands in the text.
    pub(crate) fn to_json(self) -> Box<str> {
        match self {
            Value::Null => "null".into(),
            Value::Bool(truth) => truth.to_string().into(),
            Value::Number(text) | Value::Object(text) | Value::Array(text) => text.into(),
            Value::Text(raw) => format!("\"{}\"", raw.as_written()).into(),
        }
    }
}
