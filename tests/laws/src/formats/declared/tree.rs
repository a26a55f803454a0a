//! A JSON value all its own, numbers as their digits.

use serde_json::value::RawValue;
use sluice_bridge::model::cell::Cell;

use crate::oracle;

/// No value comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Miss {
    /// It has to be refused.
    Refused,
    /// The oracle does not know.
    Unsure,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tree {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// `None` where a string in it is no text.
    pub(super) fn of(raw: &RawValue) -> Option<Self> {
        Some(match raw.get() {
            "null" => Tree::Null,
            "true" => Tree::Bool(true),
            "false" => Tree::Bool(false),
            text if text.starts_with('"') => Tree::Text(oracle::text(raw)?),
            text if text.starts_with('[') => {
                Tree::List(oracle::items(raw)?.into_iter().map(Self::of).collect::<Option<_>>()?)
            }
            text if text.starts_with('{') => {
                let members = oracle::members(raw)?.into_iter();
                let members = members.map(|(name, value)| Some((name.text?, Self::of(value)?)));
                Tree::Object(members.collect::<Option<_>>()?)
            }
            digits => Tree::Number(digits.to_owned()),
        })
    }

    /// Of a cell that is not absent.
    pub(super) fn of_cell(cell: &Cell<'_>) -> Option<Self> {
        Some(match cell {
            Cell::Absent => return None,
            Cell::Null => Tree::Null,
            Cell::Bool(truth) => Tree::Bool(*truth),
            Cell::Number(digits) => Tree::Number((*digits).to_owned()),
            Cell::Millis(count) => Tree::Number(count.to_string()),
            Cell::Text(text) => Tree::Text((*text).to_owned()),
            // Settled before a sink gets it.
            Cell::Coded(..) | Cell::CodedItems(..) => return None,
            Cell::Json(text) => Self::of(serde_json::from_str(text).ok()?)?,
        })
    }
}

/// A name stands twice, or is no text.
pub(super) struct Odd;

/// The members of an object, each once; `None` of anything else.
pub(super) fn once(raw: &RawValue) -> Result<Option<Vec<(String, &RawValue)>>, Odd> {
    let Some(members) = oracle::members(raw) else { return Ok(None) };
    let mut known: Vec<(String, &RawValue)> = Vec::new();
    for (name, value) in members {
        let name = name.text.ok_or(Odd)?;
        if known.iter().any(|(other, _)| *other == name) {
            return Err(Odd);
        }
        known.push((name, value));
    }
    Ok(Some(known))
}

/// The digits of a number before its point, if only zeros are behind it and no exponent.
pub(super) fn whole(digits: &str) -> Option<&str> {
    match digits.split_once('.') {
        None => Some(digits),
        Some((whole, rest)) => rest.bytes().all(|digit| digit == b'0').then_some(whole),
    }
}
