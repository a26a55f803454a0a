//! Reads a payload by its plan, and writes it as JSON.

use std::collections::HashMap;

use super::plan::{Kind, Message, MessageField, Presence, ProtobufPlan};
use super::scan::{Found, Met, Range, Scalar, WireType, scan, sized};
use crate::format::json_text::{JsonText, TOO_LONG};
use crate::format::undecodable::{MOST_DEEP, TOO_DEEP, Undecodable};
use crate::format::wire::{Wire, WireError};

pub(super) type Written = Result<(), Undecodable>;

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

pub(super) struct Walk<'p, 'w, 'e> {
    pub(super) plan: &'p ProtobufPlan,
    pub(super) bytes: &'e [u8],
    pub(super) out: &'w mut JsonText,
}

impl<'p, 'e> Walk<'p, '_, 'e> {
    pub(super) fn wire(&self, met: Met) -> Wire<'e> {
        Wire::part(self.bytes, met.at as usize, self.bytes.len())
    }

    pub(super) fn fail(&self, at: usize, what: &'static str) -> Written {
        Err(Undecodable { path: String::new(), at, what })
    }

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
        let (mut rest, mut is_first) = (all, true);
        for (index, field) in message.fields.iter().enumerate() {
            let count = rest.iter().take_while(|met| met.field as usize == index).count();
            let (met, others) = rest.split_at(count);
            rest = others;
            if !check_required(field, met, self.bytes)? {
                continue;
            }
            self.out.raw(if is_first { "{" } else { "," });
            is_first = false;
            self.out.raw(&field.label);
            self.field(message, field, met, depth).map_err(|wrong| wrong.in_field(&field.name))?;
        }
        self.out.raw(if is_first { "{}" } else { "}" });
        self.check()
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

    /// The last of several values; those before it must be valid, too.
    pub(super) fn last(&self, kind: Kind, met: &[Met]) -> Result<Scalar<'e>, WireError> {
        let mut last = self.plan.default(kind);
        for one in met {
            last = self.plan.scalar(kind, &mut self.wire(*one))?;
        }
        Ok(last)
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

    fn read(&mut self, kind: Kind, wire: &mut Wire<'e>) -> Written {
        let value = self.plan.scalar(kind, wire)?;
        self.scalar(value);
        Ok(())
    }

    /// Writes a value that is not a message.
    pub(super) fn scalar(&mut self, value: Scalar<'_>) {
        match value {
            Scalar::Int(number) => self.out.number(number),
            Scalar::Uint(number) => self.out.number(number),
            Scalar::Float(number) => self.out.float32(number),
            Scalar::Double(number) => self.out.float(number),
            Scalar::Bool(truth) => self.out.number(truth),
            Scalar::Text(text) => self.out.string(text),
            Scalar::Bytes(bytes) => self.out.base64(bytes),
            Scalar::Enum(index, _) if self.plan.enums[index].is_null => self.out.raw("null"),
            Scalar::Enum(index, number) => match self.plan.enums[index].name(number) {
                Some(name) => self.out.string(name),
                None => self.out.number(number),
            },
        }
    }

    pub(super) fn check(&self) -> Written {
        if self.out.fits() { Ok(()) } else { self.fail(0, TOO_LONG) }
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
        (Presence::Optional, []) => Ok(false),
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
