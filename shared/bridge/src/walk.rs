//! One walk over the value of a record: every key finds its column, or its fate.

use std::collections::HashSet;

use bumpalo::Bump;

use crate::cell::Cell;
use crate::failure::Refusal;
use crate::fields::{Fields, TEXT_KEY, Target};
use crate::json::Scanner;
use crate::refusal;
use crate::rules::Unknown;
use crate::source::follow;
use crate::string::Raw;
use crate::value::Value;

/// One value being bound.
pub(crate) struct Walk<'w, 't, 'e> {
    fields: &'w mut Fields<'t>,
    arena: &'e Bump,
    row: &'w mut [Cell<'e>],
    /// Keys that found their column in another case only: bound last, so that order in the
    /// record does not decide who wins.
    late: Vec<(&'e str, usize, Value<'e>)>,
    /// The mapped keys met so far.
    seen: Vec<usize>,
    /// The objects flattened so far.
    opened: HashSet<String>,
    /// The members of the object that `fields.unknown=column:…` collects.
    gathered: String,
}

impl<'w, 't, 'e> Walk<'w, 't, 'e> {
    pub(crate) fn new(
        fields: &'w mut Fields<'t>,
        arena: &'e Bump,
        row: &'w mut [Cell<'e>],
    ) -> Self {
        let (late, seen, opened) = (Vec::new(), Vec::new(), HashSet::new());
        Self { fields, arena, row, late, seen, opened, gathered: String::new() }
    }

    /// Binds text as if it were the value of the one key `value`.
    pub(crate) fn plain_text(mut self, text: &'e str) -> Result<(), Refusal> {
        if !self.fields.whole.is_empty() {
            self.bind_whole(Cell::Text(text));
            return Ok(());
        }
        let target = self.fields.resolve(TEXT_KEY);
        self.bind(TEXT_KEY, target, Value::Text(Raw::plain(text)))?;
        self.finish()
    }

    /// Binds a JSON object; any other value only where a column takes it whole.
    pub(crate) fn json(mut self, text: &'e str) -> Result<(), Refusal> {
        if !self.fields.whole.is_empty() {
            let mut scanner = Scanner::new(text);
            let value = scanner.value().and_then(|value| scanner.end().map(|()| value));
            let value = value.map_err(refusal::not_json)?;
            self.bind_whole(self.cell(value)?);
            if !matches!(value, Value::Object(_)) {
                return Ok(());
            }
        }
        let mut scanner = Scanner::new(text);
        self.object(&mut scanner, None)?;
        scanner.end().map_err(refusal::not_json)?;
        self.finish()
    }

    fn bind_whole(&mut self, cell: Cell<'e>) {
        for &column in &self.fields.whole {
            self.row[column] = cell;
        }
    }

    /// Binds what had to wait for the last key.
    fn finish(mut self) -> Result<(), Refusal> {
        self.bind_late()?;
        if let Some(column) = self.fields.gathering
            && !self.gathered.is_empty()
        {
            // What the record itself says of that column is gathered like the rest.
            let own = std::mem::replace(&mut self.row[column], Cell::Absent);
            if own != Cell::Absent {
                let name = &self.fields.table.columns[column].name;
                self.gathered.push(',');
                write_string(name, &mut self.gathered);
                self.gathered.push(':');
                write_cell(own, &mut self.gathered);
            }
            self.gathered.push('}');
            self.row[column] = Cell::Json(self.arena.alloc_str(&self.gathered));
        }
        Ok(())
    }

    fn object(&mut self, scanner: &mut Scanner<'e>, prefix: Option<&str>) -> Result<(), Refusal> {
        let mut nth = 0;
        let mut members = match scanner.object() {
            Ok(members) => members,
            Err(_) => return Err(refusal::not_an_object(scanner.clone())),
        };
        while let Some(raw) = members.key(scanner).map_err(refusal::not_json)? {
            let key = raw.unescape(self.arena).map_err(refusal::not_json)?;
            let value = scanner.value().map_err(refusal::not_json)?;
            match prefix {
                None => {
                    let target = self.fields.target(key, &mut nth);
                    self.bind(key, target, value)?;
                }
                Some(prefix) => {
                    let path = format!("{prefix}{key}");
                    let target = self.fields.resolve(&path);
                    self.bind(&path, target, value)?;
                }
            }
        }
        Ok(())
    }

    #[inline]
    fn bind(&mut self, key: &str, target: Target, value: Value<'e>) -> Result<(), Refusal> {
        match target {
            Target::Column(column) => self.row[column] = self.cell(value)?,
            Target::Folded(column) => {
                self.late.push((self.arena.alloc_str(key), column, value));
            }
            Target::Skip => self.open(key, target, value).unwrap_or(Ok(()))?,
            Target::Unknown => match self.open(key, target, value) {
                Some(opened) => opened?,
                None => self.unknown(key, value)?,
            },
            Target::Mapped(index) => {
                self.mapped(key, index, value)?;
                self.open(key, target, value).unwrap_or(Ok(()))?;
            }
        }
        Ok(())
    }

    /// Takes an object apart if it is to be flattened; a null one makes all its columns null.
    fn open(&mut self, key: &str, target: Target, value: Value<'e>) -> Option<Result<(), Refusal>> {
        if !self.fields.opens(key, target) {
            return None;
        }
        match value {
            // An empty one is known if any part of it would be.
            Value::Object(inside) if is_empty(inside) => {
                self.fields.inside(key).next().map(|_| Ok(()))
            }
            Value::Object(inside) => {
                let delimiter = self.fields.rules.flatten.as_deref().unwrap_or_default();
                let prefix = format!("{key}{delimiter}");
                if !self.opened.insert(prefix.clone()) {
                    // The last of two equal keys wins, also where it says less.
                    for column in self.fields.inside(key) {
                        self.row[column] = Cell::Absent;
                    }
                }
                Some(self.object(&mut Scanner::new(inside), Some(&prefix)))
            }
            Value::Null => {
                let mut known = None;
                for column in self.fields.inside(key) {
                    self.row[column] = Cell::Null;
                    known = Some(Ok(()));
                }
                known
            }
            _ => None,
        }
    }

    fn mapped(&mut self, key: &str, index: usize, value: Value<'e>) -> Result<(), Refusal> {
        let whole = self.cell(value)?;
        let mapped = self.fields.mapped(index);
        for &column in &mapped.whole {
            self.row[column] = whole;
        }
        // The last of two equal keys wins, also where it says less.
        let again = self.seen.contains(&index);
        for (steps, column) in &mapped.parts {
            match follow(value, steps) {
                Some(part) => {
                    self.row[*column] =
                        Cell::from_json(part, self.arena).map_err(refusal::broken_text)?;
                }
                None if again => self.row[*column] = Cell::Absent,
                None => {}
            }
        }
        self.seen.push(index);
        // Mapping a part of a value does not take the value from a column of its own name.
        if mapped.whole.is_empty()
            && let Some(column) = self.fields.named(key)
        {
            self.row[column] = whole;
        }
        Ok(())
    }

    fn unknown(&mut self, key: &str, value: Value<'e>) -> Result<(), Refusal> {
        match self.fields.rules.unknown {
            Unknown::Ignore => Ok(()),
            // Where a column takes the whole value, no key of it is lost.
            Unknown::Error if !self.fields.whole.is_empty() => Ok(()),
            Unknown::Error => Err(refusal::unknown_key(self.fields.table, key)),
            Unknown::Column(_) => {
                let open = if self.gathered.is_empty() { '{' } else { ',' };
                self.gathered.push(open);
                write_string(key, &mut self.gathered);
                self.gathered.push(':');
                write_cell(self.cell(value)?, &mut self.gathered);
                Ok(())
            }
        }
    }

    fn bind_late(&mut self) -> Result<(), Refusal> {
        let late = std::mem::take(&mut self.late);
        let mut taken: Vec<(usize, &str)> = Vec::new();
        for (key, column, value) in late {
            let other = taken.iter().find(|(of, _)| *of == column).map(|(_, key)| *key);
            match other {
                Some(other) if other != key => {
                    return Err(refusal::ambiguous(self.fields.table, column, other, key));
                }
                None if self.row[column] != Cell::Absent => self.unknown(key, value)?,
                _ => {
                    self.row[column] = self.cell(value)?;
                    taken.push((column, key));
                }
            }
        }
        Ok(())
    }

    fn cell(&self, value: Value<'e>) -> Result<Cell<'e>, Refusal> {
        Cell::from_json(value, self.arena).map_err(refusal::broken_text)
    }
}

fn is_empty(object: &str) -> bool {
    object.trim_start_matches('{').trim_end_matches('}').trim_ascii().is_empty()
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\0'..=' ' if character != ' ' => {
                out.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            plain => out.push(plain),
        }
    }
    out.push('"');
}

fn write_cell(cell: Cell<'_>, out: &mut String) {
    match cell {
        Cell::Text(text) => write_string(text, out),
        other => out.push_str(other.as_text().unwrap_or("null")),
    }
}
