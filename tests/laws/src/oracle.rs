//! `serde_json`'s reading of a text, nothing of it interpreted.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object in order, those that stand there twice included.
pub(crate) struct Members<'t>(pub(crate) Vec<(Name, &'t RawValue)>);

/// A member's name.
pub(crate) struct Name {
    /// Its characters; `None` if a lone surrogate is among them.
    pub(crate) text: Option<String>,
    /// Whether escapes stand in it.
    pub(crate) escaped: bool,
}

impl<'t> Deserialize<'t> for Members<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reading;
        impl<'t> Visitor<'t> for Reading {
            type Value = Members<'t>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reading)
    }
}

impl<'t> Deserialize<'t> for Name {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reading;
        impl<'t> Visitor<'t> for Reading {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_bytes<E>(self, bytes: &'t [u8]) -> Result<Name, E> {
                Ok(Name { text: String::from_utf8(bytes.to_vec()).ok(), escaped: false })
            }

            // serde_json borrows what it need not unescape.
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Name, E> {
                Ok(Name { text: String::from_utf8(bytes.to_vec()).ok(), escaped: true })
            }
        }
        // As text it would refuse what is JSON but no text.
        deserializer.deserialize_bytes(Reading)
    }
}

/// The members of an object; `None` of anything else.
pub(crate) fn members(raw: &RawValue) -> Option<Vec<(Name, &RawValue)>> {
    serde_json::from_str::<Members<'_>>(raw.get()).ok().map(|members| members.0)
}

/// The member of this name, the last of several.
pub(crate) fn member<'t>(raw: &'t RawValue, name: &str) -> Option<&'t RawValue> {
    let mut members = members(raw)?.into_iter();
    members.rfind(|(known, _)| known.text.as_deref() == Some(name)).map(|(_, value)| value)
}

/// The same, if it is text.
pub(crate) fn member_text(raw: &RawValue, name: &str) -> Option<String> {
    text(member(raw, name)?)
}

/// The items of an array; `None` of anything else.
pub(crate) fn items(raw: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(raw.get()).ok()
}

/// The characters of a string; `None` of anything else, or where it is no text.
pub(crate) fn text(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

/// How deep a text nests at most, whatever it is: brackets in strings count too.
pub(crate) fn depth(text: &str) -> usize {
    let mut depth: usize = 0;
    let mut deepest = 0;
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Texts that nest deeper are only to be survived: the limits differ, ours counting from where a
/// value is read.
pub(crate) const COMPARED_DEPTH: usize = 100;
