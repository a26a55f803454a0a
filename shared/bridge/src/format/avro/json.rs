//! Avro's JSON encoding ("JSON Encoding" in the specification): a value of a union names its branch,
//! and bytes are text of as many characters. It becomes the same JSON as the binary encoding.

use std::collections::HashMap;

use super::choice::word;
use super::plan::{Alternative, AvroPlan, Record, Type};
use super::walk::write_decimal;
use crate::format::json_text::{JsonText, TOO_LONG};
use crate::format::logical::Logical;
use crate::format::undecodable::{MOST_DEEP, TOO_DEEP, Undecodable};
use crate::json::scanner::Scanner;
use crate::json::value::Value;
use crate::values::decimal;

type Written = Result<(), Undecodable>;

const WRONG: &str = "it is of another type";
const NO_BRANCH: &str = "a union names no branch of its own";

impl AvroPlan {
    /// Reads a whole payload in the JSON encoding.
    ///
    /// # Errors
    /// The payload is not what the schema says.
    pub(crate) fn decode_json(&self, payload: &[u8]) -> Result<JsonText, Undecodable> {
        let wrong = |at, what| Undecodable { path: String::new(), at, what };
        let text = std::str::from_utf8(payload);
        let text = text.map_err(|why| wrong(why.valid_up_to(), "it is not UTF-8 text"))?;
        let mut scanner = Scanner::new(text);
        let value = scanner.value().and_then(|value| scanner.end().map(|()| value));
        let value = value.map_err(|syntax| wrong(syntax.at, syntax.what))?;
        let mut out = JsonText::default();
        Transcoder { plan: self, text, out: &mut out }.value(self.root, value, 0)?;
        Ok(out)
    }
}

struct Transcoder<'p, 'o> {
    plan: &'p AvroPlan,
    text: &'p str,
    out: &'o mut JsonText,
}

impl<'p> Transcoder<'p, '_> {
    fn fail<T>(&self, value: Value<'_>, what: &'static str) -> Result<T, Undecodable> {
        let written = match value {
            Value::Number(text) | Value::Object(text) | Value::Array(text) => text,
            Value::Text(raw) => raw.as_written(),
            Value::Null | Value::Bool(_) => self.text,
        };
        let at = (written.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        Err(Undecodable { path: String::new(), at, what })
    }

    fn value(&mut self, index: usize, value: Value<'p>, depth: usize) -> Written {
        let plan = self.plan;
        match (&plan.nodes[index].ty, value) {
            (Type::Union(branches), _) => {
                let (nth, inner) = self.branch(branches.iter().copied(), value)?;
                return self.value(branches[nth], inner, depth);
            }
            (Type::Choice(_), _) if depth == MOST_DEEP => return self.fail(value, TOO_DEEP),
            (Type::Choice(all), _) => self.choice(all, value, depth + 1)?,
            (Type::Array(_) | Type::Map(_) | Type::Record(_), _) if depth == MOST_DEEP => {
                return self.fail(value, TOO_DEEP);
            }
            (Type::Array(items), Value::Array(_)) => self.array(*items, value, depth + 1)?,
            (Type::Map(values), Value::Object(_)) => self.map(*values, value, depth + 1)?,
            (Type::Record(record), Value::Object(_)) => self.record(record, value, depth + 1)?,
            _ => self.single(index, value)?,
        }
        if self.out.fits() { Ok(()) } else { self.fail(value, TOO_LONG) }
    }

    /// A value that has no parts.
    fn single(&mut self, index: usize, value: Value<'p>) -> Written {
        match (&self.plan.nodes[index].ty, value) {
            (Type::Null, Value::Null) => self.out.raw("null"),
            (Type::Boolean, Value::Bool(truth)) => self.out.truth(truth),
            (Type::Int(_), Value::Number(_)) => {
                let number = self.integer(value, 32)?;
                self.out.integer(number);
            }
            (Type::Long, Value::Number(_)) => {
                let number = self.integer(value, 64)?;
                self.out.integer(number);
            }
            (Type::Float | Type::Double, Value::Number(digits)) => self.out.raw(digits),
            (Type::Float | Type::Double, Value::Text(raw)) => match raw.as_written() {
                word @ ("NaN" | "Infinity" | "-Infinity") => self.out.string(word),
                _ => return self.fail(value, WRONG),
            },
            (Type::Text(_), Value::Text(_)) => {
                let text = self.string(value)?;
                self.out.string(&text);
            }
            (Type::Enum(symbols), Value::Text(_)) => {
                let text = self.string(value)?;
                match symbols.iter().find(|symbol| ***symbol == *text) {
                    Some(symbol) => self.out.string(symbol),
                    None => return self.fail(value, "it is not a symbol of the enum"),
                }
            }
            (Type::Count { is_int, is_local, of }, Value::Number(_)) => {
                let count = self.integer(value, if *is_int { 32 } else { 64 })?;
                self.count(value, count, *is_local, *of)?;
            }
            (
                Type::Bytes(_)
                | Type::Fixed(_)
                | Type::Decimal { .. }
                | Type::Duration
                | Type::Uuid,
                Value::Text(_),
            ) => self.bytes(index, value)?,
            _ => return self.fail(value, WRONG),
        }
        Ok(())
    }

    fn integer(&self, value: Value<'_>, bits: u32) -> Result<i64, Undecodable> {
        let number = match value {
            Value::Number(digits) => decimal::integer(digits),
            _ => None,
        };
        let fits = |number: &i64| bits == 64 || i32::try_from(*number).is_ok();
        number.filter(fits).map_or_else(|| self.fail(value, "it is not such an integer"), Ok)
    }

    fn string(&self, value: Value<'_>) -> Result<String, Undecodable> {
        value.to_text().map_or_else(|| self.fail(value, "a string has a lone surrogate"), Ok)
    }

    fn count(&mut self, value: Value<'_>, count: i64, is_local: bool, of: Logical) -> Written {
        match of.text_of(count) {
            Ok(text) if is_local => self.out.string(&text.without(b'Z')),
            Ok(text) => self.out.string(&text),
            Err(what) => return self.fail(value, what),
        }
        Ok(())
    }

    /// Each character is a byte. What they mean is what they mean in binary.
    fn bytes(&mut self, index: usize, value: Value<'_>) -> Written {
        let characters = self.string(value)?;
        let bytes: Result<Vec<u8>, _> =
            characters.chars().map(|character| u8::try_from(u32::from(character))).collect();
        let Ok(bytes) = bytes else { return self.fail(value, "a character is not a byte") };
        let size = match &self.plan.nodes[index].ty {
            Type::Fixed(size) | Type::Decimal { size: Some(size), .. } => *size,
            Type::Duration => 12,
            Type::Uuid => 16,
            _ => bytes.len(),
        };
        if size != bytes.len() {
            return self.fail(value, "it has another number of bytes");
        }
        let at = self.fail::<()>(value, "").map_or_else(|wrong| wrong.at, |()| 0);
        let written = self.plan.fixed(index, &bytes, self.out);
        written.map_err(|wrong| Undecodable { at, ..wrong })
    }

    /// The place of a branch, and its value: null, or an object whose one member is named as the branch.
    fn branch(
        &self,
        mut branches: impl Iterator<Item = usize>,
        value: Value<'p>,
    ) -> Result<(usize, Value<'p>), Undecodable> {
        let nodes = &self.plan.nodes;
        let found = match value {
            Value::Null => branches.position(|branch| matches!(nodes[branch].ty, Type::Null)),
            Value::Object(_) => {
                let mut members = value.members();
                let (name, inner) = match (members.next(), members.next()) {
                    (Some(member), None) => member,
                    _ => return self.fail(value, "a union is not an object with one member"),
                };
                let found = branches.position(|branch| name.is(word(&nodes[branch])));
                return match found {
                    Some(nth) => Ok((nth, inner)),
                    None => self.fail(value, NO_BRANCH),
                };
            }
            _ => None,
        };
        found.map_or_else(|| self.fail(value, NO_BRANCH), |nth| Ok((nth, value)))
    }

    fn choice(&mut self, all: &[Alternative], value: Value<'p>, depth: usize) -> Written {
        let (nth, inner) = self.branch(all.iter().map(|one| one.ty), value)?;
        if all[nth].name.is_none() {
            self.out.raw("null");
            return Ok(());
        }
        let named = all.iter().enumerate().filter(|(_, one)| one.name.is_some());
        for (place, (index, one)) in named.enumerate() {
            self.out.raw(if place == 0 { "{" } else { "," });
            self.out.raw(&one.label);
            match index == nth {
                true => self.value(one.ty, inner, depth)?,
                false => self.out.raw("null"),
            }
        }
        self.out.raw("}");
        Ok(())
    }

    fn array(&mut self, items: usize, value: Value<'p>, depth: usize) -> Written {
        self.out.raw("[");
        for (nth, item) in value.items().enumerate() {
            self.out.raw(if nth == 0 { "" } else { "," });
            self.value(items, item, depth).map_err(|wrong| wrong.in_item(nth))?;
        }
        self.out.raw("]");
        Ok(())
    }

    fn map(&mut self, values: usize, value: Value<'p>, depth: usize) -> Written {
        self.out.raw("{");
        for (nth, (key, inner)) in value.members().enumerate() {
            self.out.raw(if nth == 0 { "" } else { "," });
            let Ok(key) = key.to_text() else { return self.fail(value, "a key is not text") };
            self.out.string(&key);
            self.out.raw(":");
            self.value(values, inner, depth).map_err(|wrong| wrong.in_item(nth))?;
        }
        self.out.raw("}");
        Ok(())
    }

    fn record(&mut self, record: &'p Record, value: Value<'p>, depth: usize) -> Written {
        let members =
            value.members().filter_map(|(name, inner)| Some((name.to_text().ok()?, inner)));
        let mut members: HashMap<String, Value<'p>> = members.collect();
        if members.len() > record.fields.len() {
            return self.fail(value, "a record has other fields than its schema says");
        }
        for (nth, field) in record.fields.iter().enumerate() {
            self.out.raw(if nth == 0 { "{" } else { "," });
            self.out.raw(&field.label);
            let Some(inner) = members.remove(&*field.name) else {
                return self
                    .fail(value, "a field is missing")
                    .map_err(|wrong: Undecodable| wrong.in_field(&field.name));
            };
            let written = self.value(field.ty, inner, depth);
            written.map_err(|wrong| wrong.in_field(&field.name))?;
        }
        self.out.raw(if record.fields.is_empty() { "{}" } else { "}" });
        Ok(())
    }
}

impl AvroPlan {
    /// Writes bytes by what their type means.
    fn fixed(&self, index: usize, bytes: &[u8], out: &mut JsonText) -> Written {
        match &self.nodes[index].ty {
            Type::Bytes(_) | Type::Fixed(_) => out.base64(bytes),
            Type::Decimal { scale, .. } => write_decimal(bytes, *scale, 0, out)?,
            // As many bytes as these have in binary, which were counted.
            _ => self.write_fixed(index, bytes, out)?,
        }
        Ok(())
    }
}
