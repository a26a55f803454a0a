//! The members of an object and the items of an array, of a value that was checked to be JSON.

use crate::json::scanner::Scanner;
use crate::json::string::Raw;
use crate::json::value::Value;

impl<'e> Value<'e> {
    /// The members of an object that was checked to be JSON, in their order; no members for any
    /// other value.
    pub fn members(self) -> impl Iterator<Item = (Raw<'e>, Value<'e>)> {
        let mut scanner = Scanner::new(self.as_nested());
        let mut members = scanner.object().ok();
        std::iter::from_fn(move || {
            let key = members.as_mut()?.key(&mut scanner).ok()??;
            Some((key, scanner.value().ok()?))
        })
    }

    /// The items of an array that was checked to be JSON; no items for any other value.
    pub fn items(self) -> impl Iterator<Item = Value<'e>> {
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

    /// The member of this name; if there are several, the last one.
    pub(crate) fn member(self, name: &str) -> Option<Value<'e>> {
        let [member] = self.pick([name]);
        member
    }

    /// The members of these names, found in one pass; if a name repeats, its last member.
    pub(crate) fn pick<const N: usize>(self, names: [&str; N]) -> [Option<Value<'e>>; N] {
        let mut picked = [None; N];
        for (key, value) in self.members() {
            if let Some(place) = names.iter().position(|name| key.is(name)) {
                picked[place] = Some(value);
            }
        }
        picked
    }
}
