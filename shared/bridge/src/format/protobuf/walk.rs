//! Reads a payload by its plan, and writes it as JSON.

use std::collections::HashMap;

use super::plan::{Choice, Kind, Message, MessageField, Presence, ProtobufPlan};
use super::scalars::{Walk, Written};
use super::scan::{Found, Met, Range, Scalar, WireType, scan, sized};
use crate::format::json_text::JsonText;
use crate::format::undecodable::{MOST_DEEP, TOO_DEEP, Undecodable};
use crate::format::wire::Wire;

impl ProtobufPlan {
    /// Reads a payload as a message; what is in front of `begin` is not part of it.
    ///
    /// # Errors
    /// The payload is not such a message.
    pub(crate) fn decode(
        &self,
        message: usize,
        payload: &[u8],
        begin: usize,
    ) -> Result<JsonText, Undecodable> {
        let mut out = JsonText::default();
        let ranges = [Range { at: begin, end: payload.len() }];
        let mut walk = Walk { plan: self, bytes: payload, out: &mut out };
        // What a table gets rows of is an object, whatever the message means elsewhere.
        let met = walk.found(&self.messages[message], &ranges, 0)?;
        walk.object(&self.messages[message], &met, 0)?;
        Ok(out)
    }
}

impl<'p, 'e> Walk<'p, '_, 'e> {
    /// Writes a message, whose bytes may be in several places.
    pub(super) fn message(&mut self, index: usize, ranges: &[Range], depth: usize) -> Written {
        if depth > MOST_DEEP {
            return self.fail(ranges.first().map_or(0, |range| range.at), TOO_DEEP);
        }
        let message = &self.plan.messages[index];
        let met = self.found(message, ranges, depth)?;
        match message.special {
            None => self.object(message, &met, depth),
            Some(special) => {
                let at = ranges.first().map_or(0, |range| range.at);
                self.special(special, message, &met, at, depth)
            }
        }
    }

    /// Finds the fields of a message, and checks those that do not count.
    pub(super) fn found(
        &mut self,
        message: &'p Message,
        ranges: &[Range],
        depth: usize,
    ) -> Result<Vec<Met>, Undecodable> {
        let Found { met, replaced } = scan(message, self.bytes, ranges)?;
        for one in replaced {
            let field = &message.fields[one.field as usize];
            self.pass(message, field, &[one], depth)?;
        }
        Ok(met)
    }

    /// Checks values that something else has replaced.
    fn pass(
        &mut self,
        message: &'p Message,
        field: &MessageField,
        met: &[Met],
        depth: usize,
    ) -> Written {
        let begin = self.out.text.len();
        let written = self.field(message, field, met, depth);
        self.out.text.truncate(begin);
        written.map_err(|wrong| wrong.in_field(&field.name))
    }

    /// Writes the fields of a message as members.
    pub(super) fn object(&mut self, message: &'p Message, all: &[Met], depth: usize) -> Written {
        let (mut rest, mut is_first, mut chosen) = (all, true, Vec::new());
        for (index, field) in message.fields.iter().enumerate() {
            let count = rest.iter().take_while(|met| met.field as usize == index).count();
            let (met, others) = rest.split_at(count);
            rest = others;
            if !check_required(field, met, self.bytes)? {
                if field.presence == Presence::Nullable {
                    self.out.raw(if is_first { "{" } else { "," });
                    is_first = false;
                    self.out.raw(&field.label);
                    self.out.raw("null");
                }
                continue;
            }
            if message.choice(index).is_some() {
                chosen.push((index, met));
                continue;
            }
            self.out.raw(if is_first { "{" } else { "," });
            is_first = false;
            self.out.raw(&field.label);
            self.field(message, field, met, depth).map_err(|wrong| wrong.in_field(&field.name))?;
        }
        for choice in &message.choices {
            self.out.raw(if is_first { "{" } else { "," });
            is_first = false;
            self.out.raw(&choice.label);
            self.choice(message, choice, &chosen, depth)?;
        }
        self.out.raw(if is_first { "{}" } else { "}" });
        self.check()
    }

    /// Writes a oneof as an object, of which the others are null; without a value it is null itself.
    fn choice(
        &mut self,
        message: &'p Message,
        choice: &Choice,
        chosen: &[(usize, &[Met])],
        depth: usize,
    ) -> Written {
        let Some((member, met)) = chosen.iter().find(|it| choice.members.contains(&it.0)) else {
            self.out.raw("null");
            return Ok(());
        };
        for (place, index) in choice.members.iter().enumerate() {
            let field = &message.fields[*index];
            self.out.raw(if place == 0 { "{" } else { "," });
            self.out.raw(&field.label);
            if index == member {
                let written = self.field(message, field, met, depth);
                written.map_err(|wrong| wrong.in_field(&field.name))?;
            } else {
                self.out.raw("null");
            }
        }
        self.out.raw("}");
        Ok(())
    }

    /// Writes what was met of a field.
    pub(super) fn field(
        &mut self,
        message: &'p Message,
        field: &MessageField,
        met: &[Met],
        depth: usize,
    ) -> Written {
        match (field.presence, field.kind, met.last()) {
            (Presence::Repeated, ..) => self.list(message, field.kind, met, depth),
            (Presence::Map, Kind::Message(entry), _) => self.map(message, entry, met, depth),
            (_, Kind::Message(index), _) => {
                let ranges = met.iter().map(|met| met.range(message, self.bytes));
                let ranges = ranges.collect::<Result<Vec<_>, _>>()?;
                self.message(index, &ranges, depth + 1)
            }
            (_, kind, Some(_)) => {
                let value = self.last(kind, met)?;
                self.scalar(value);
                Ok(())
            }
            (_, kind, None) => {
                self.scalar(self.plan.default(kind));
                Ok(())
            }
        }
    }

    fn list(&mut self, message: &'p Message, kind: Kind, met: &[Met], depth: usize) -> Written {
        let mut nth = 0;
        self.out.raw("[");
        for one in met {
            let mut wire = self.wire(*one);
            let is_packed = one.wire_type == WireType::Sized
                && !matches!(kind, Kind::Message(_) | Kind::Text | Kind::Bytes);
            if is_packed {
                let length = sized(&mut wire)?.len();
                wire = Wire::part(self.bytes, wire.at() - length, wire.at());
            }
            while !is_packed || wire.left() > 0 {
                self.out.raw(if nth == 0 { "" } else { "," });
                match kind {
                    Kind::Message(index) => {
                        let range = one.range(message, self.bytes)?;
                        self.message(index, &[range], depth + 1)
                    }
                    kind => self.read(kind, &mut wire),
                }
                .map_err(|wrong| wrong.in_item(nth))?;
                self.check()?;
                nth += 1;
                if !is_packed {
                    break;
                }
            }
        }
        self.out.raw("]");
        Ok(())
    }

    /// Writes a map; the last of two equal keys counts.
    fn map(&mut self, message: &'p Message, entry: usize, met: &[Met], depth: usize) -> Written {
        let of_entry = &self.plan.messages[entry];
        let [key, value] = &of_entry.fields[..] else {
            return self.fail(0, "the entry of a map has not two fields");
        };
        let mut entries: Vec<(String, Vec<Met>)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for one in met {
            let range = one.range(message, self.bytes)?;
            let parts = self.found(of_entry, &[range], depth)?;
            let (keys, values): (Vec<Met>, Vec<Met>) =
                parts.into_iter().partition(|met| met.field == 0);
            let name = name_of(self.last(key.kind, &keys)?);
            match places.get(&name) {
                Some(place) => {
                    let replaced = std::mem::replace(&mut entries[*place].1, values);
                    self.pass(of_entry, value, &replaced, depth + 1)?;
                }
                None => {
                    places.insert(name.clone(), entries.len());
                    entries.push((name, values));
                }
            }
        }
        for (nth, (name, values)) in entries.iter().enumerate() {
            self.out.raw(if nth == 0 { "{" } else { "," });
            self.out.string(name);
            self.out.raw(":");
            let written = self.field(of_entry, value, values, depth + 1);
            written.map_err(|wrong| wrong.in_item(nth))?;
            self.check()?;
        }
        self.out.raw(if entries.is_empty() { "{}" } else { "}" });
        Ok(())
    }
}

/// Whether a field is to be written.
///
/// # Errors
/// It is required, and was not met.
pub(super) fn check_required(
    field: &MessageField,
    met: &[Met],
    payload: &[u8],
) -> Result<bool, Undecodable> {
    match (field.presence, met) {
        (Presence::Required, []) => {
            let (path, at) = (String::new(), payload.len());
            let wrong = Undecodable { path, at, what: "a required field is missing" };
            Err(wrong.in_field(&field.name))
        }
        (Presence::Optional | Presence::Nullable, []) => Ok(false),
        _ => Ok(true),
    }
}

/// The key of a map as text.
fn name_of(key: Scalar<'_>) -> String {
    match key {
        Scalar::Int(number) => number.to_string(),
        Scalar::Uint(number) => number.to_string(),
        Scalar::Bool(truth) => truth.to_string(),
        Scalar::Text(text) => text.to_owned(),
        Scalar::Enum(_, number) => number.to_string(),
        Scalar::Float(_) | Scalar::Double(_) | Scalar::Bytes(_) => String::new(),
    }
}
