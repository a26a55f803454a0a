//! From a record to a row: one walk over the value binds the keys that have a column.
//!
//! What a column's type can hold is not known here; the sink says so when it encodes.

use bumpalo::Bump;

use crate::cell::Cell;
use crate::failure::{Cause, Stage};
use crate::fields::{Fields, Target, find_column, gathering_column};
use crate::json::{Scanner, Value};
use crate::key::{self, KeyColumns};
use crate::record::Record;
use crate::rules::{Format, InsertMode, Rules, Unknown};
use crate::source::{Source, follow};
use crate::table::Table;

/// Why one record cannot become a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// How far it came.
    pub stage: Stage,
    /// Why not further.
    pub cause: Cause,
}

impl Refusal {
    pub(crate) fn new(stage: Stage, message: impl Into<Box<str>>) -> Self {
        Self { stage, cause: Cause::new(message) }
    }
}

/// What a record asks of its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Write the row.
    Put,
    /// Delete the row of this key.
    Delete,
    /// Nothing: a tombstone where deletes are off.
    Filtered,
}

/// The mapping of one table, compiled from the rules and the table's columns.
#[derive(Debug)]
pub struct Mapper<'t> {
    rules: &'t Rules,
    table: &'t Table,
    fields: Fields,
    key: KeyColumns,
    gathering: Option<usize>,
    /// Sources outside the value, and the whole value.
    others: Vec<(&'t Source, usize)>,
}

impl<'t> Mapper<'t> {
    /// Compiles the rules for a table.
    ///
    /// # Errors
    /// The rules name a column that the table has not, or need a key that it has not.
    pub fn new(rules: &'t Rules, table: &'t Table) -> Result<Self, Cause> {
        let outside =
            |source: &Source| !matches!(source, Source::Value(steps) if !steps.is_empty());
        let others = rules.mapping.iter().filter(|(source, _)| outside(source));
        let others = others
            .map(|(source, column)| Ok((source, find_column(table, column, "fields.mapping")?)))
            .collect::<Result<_, Cause>>()?;
        Ok(Self {
            rules,
            table,
            fields: Fields::new(rules, table)?,
            key: KeyColumns::new(rules, table)?,
            gathering: gathering_column(rules, table)?,
            others,
        })
    }

    /// The columns rows are found by; empty with `pk.mode=none`.
    #[must_use]
    pub fn key(&self) -> &[usize] {
        &self.key.columns
    }

    /// Binds a record to the table's columns; `row` holds one absent cell for each of them.
    ///
    /// # Errors
    /// The record cannot be decoded or mapped; `row` is then in no useful state.
    pub fn map<'e>(
        &mut self,
        record: &Record<'e>,
        arena: &'e Bump,
        row: &mut [Cell<'e>],
    ) -> Result<Fate, Refusal> {
        let Some(value) = record.value else {
            if !self.rules.delete_enabled {
                return Ok(Fate::Filtered);
            }
            self.key.fill(self.rules, record, arena, row)?;
            self.key.check(self.table, row)?;
            return Ok(Fate::Delete);
        };
        self.bind_value(value, arena, row)?;
        self.bind_others(record, arena, row)?;
        self.key.fill(self.rules, record, arena, row)?;
        if self.rules.insert_mode != InsertMode::Insert {
            self.key.check(self.table, row)?;
        }
        Ok(Fate::Put)
    }

    fn bind_value<'e>(
        &mut self,
        bytes: &'e [u8],
        arena: &'e Bump,
        row: &mut [Cell<'e>],
    ) -> Result<(), Refusal> {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| Refusal::new(Stage::Value, "the value is not UTF-8 text"))?;
        if self.rules.value_format == Format::String {
            self.bind_whole(Cell::Text(text), row);
            if self.binds_whole() {
                return Ok(());
            }
            return match self.fields.resolve("value") {
                Target::Column(column) | Target::Folded(column) => {
                    row[column] = Cell::Text(text);
                    Ok(())
                }
                Target::Mapped(index) => {
                    for &column in &self.fields.mapped(index).whole {
                        row[column] = Cell::Text(text);
                    }
                    Ok(())
                }
                Target::Skip => Ok(()),
                Target::Unknown => Err(self.unknown_key("value")),
            };
        }
        let mut walk = Walk { mapper: self, arena, row, late: Vec::new(), gathered: String::new() };
        walk.whole(text)
    }

    fn binds_whole(&self) -> bool {
        self.others.iter().any(|(source, _)| matches!(source, Source::Value(_)))
    }

    fn bind_whole<'e>(&self, cell: Cell<'e>, row: &mut [Cell<'e>]) {
        for (source, column) in &self.others {
            if matches!(source, Source::Value(_)) {
                row[*column] = cell;
            }
        }
    }

    fn bind_others<'e>(
        &self,
        record: &Record<'e>,
        arena: &'e Bump,
        row: &mut [Cell<'e>],
    ) -> Result<(), Refusal> {
        let number = |number: i64| Cell::Number(arena.alloc_str(&number.to_string()));
        for (source, column) in &self.others {
            row[*column] = match source {
                Source::Value(_) => continue,
                Source::Topic => Cell::Text(record.topic),
                Source::Partition => number(record.partition.into()),
                Source::Offset => number(record.offset),
                Source::Timestamp => record.timestamp.map_or(Cell::Null, number),
                Source::Header(name) => header(record, name, arena)?,
                Source::Key(steps) => match key::decode(record, self.rules.key_format, arena)? {
                    whole if steps.is_empty() => whole.cell(arena)?,
                    key::Key::Json(value) => match follow(value, steps) {
                        Some(part) => key::Key::Json(part).cell(arena)?,
                        None => Cell::Absent,
                    },
                    _ => Cell::Absent,
                },
            };
        }
        Ok(())
    }

    fn unknown_key(&self, key: &str) -> Refusal {
        let message = format!(
            "the key `{key}` has no column in table {}: add the column, name it in fields.mapping or fields.exclude.list, or set fields.unknown",
            self.table.name
        );
        Refusal { stage: Stage::Mapping, cause: Cause::new(message).at_column(key) }
    }
}

/// One value being bound.
struct Walk<'w, 't, 'e> {
    mapper: &'w mut Mapper<'t>,
    arena: &'e Bump,
    row: &'w mut [Cell<'e>],
    /// Keys that found their column in another case only: bound last, so that order in the
    /// record does not decide who wins.
    late: Vec<(&'e str, usize, Value<'e>)>,
    /// The members of the object that `fields.unknown=column:…` collects.
    gathered: String,
}

impl<'e> Walk<'_, '_, 'e> {
    fn whole(&mut self, text: &'e str) -> Result<(), Refusal> {
        if self.mapper.binds_whole() {
            let mut scanner = Scanner::new(text);
            let value = scanner.value().and_then(|value| scanner.end().map(|()| value));
            let cell = value.map_err(not_json).and_then(|value| self.cell(value))?;
            self.mapper.bind_whole(cell, self.row);
            if !matches!(cell, Cell::Json(text) if text.starts_with('{')) {
                return Ok(());
            }
        }
        let mut scanner = Scanner::new(text);
        self.object(&mut scanner, None)?;
        scanner.end().map_err(not_json)?;
        self.bind_late()?;
        if let Some(column) = self.mapper.gathering
            && !self.gathered.is_empty()
        {
            self.gathered.push('}');
            self.row[column] = Cell::Json(self.arena.alloc_str(&self.gathered));
        }
        Ok(())
    }

    fn object(&mut self, scanner: &mut Scanner<'e>, prefix: Option<&str>) -> Result<(), Refusal> {
        let mut nth = 0;
        let mut members = match scanner.object() {
            Ok(members) => members,
            Err(_) => return Err(not_an_object(scanner.clone())),
        };
        while let Some(raw) = members.key(scanner).map_err(not_json)? {
            let key = raw.unescape(self.arena).map_err(not_json)?;
            let value = scanner.value().map_err(not_json)?;
            match prefix {
                None => {
                    let target = self.mapper.fields.target(key, &mut nth);
                    self.bind(key, target, value)?;
                }
                Some(prefix) => {
                    let path = &*self.arena.alloc_str(&format!("{prefix}{key}"));
                    let target = self.mapper.fields.resolve(path);
                    self.bind(path, target, value)?;
                }
            }
        }
        Ok(())
    }

    #[inline]
    fn bind(&mut self, key: &'e str, target: Target, value: Value<'e>) -> Result<(), Refusal> {
        if let Value::Object(inside) = value
            && self.mapper.fields.opens(key, target)
        {
            let delimiter = self.mapper.rules.flatten.as_deref().unwrap_or_default();
            let prefix = format!("{key}{delimiter}");
            return self.object(&mut Scanner::new(inside), Some(&prefix));
        }
        match target {
            Target::Column(column) => self.row[column] = self.cell(value)?,
            Target::Folded(column) => self.late.push((key, column, value)),
            Target::Skip => {}
            Target::Unknown => self.unknown(key, value)?,
            Target::Mapped(index) => self.mapped(key, index, value)?,
        }
        Ok(())
    }

    fn mapped(&mut self, key: &'e str, index: usize, value: Value<'e>) -> Result<(), Refusal> {
        let whole = self.cell(value)?;
        let mapped = self.mapper.fields.mapped(index);
        for &column in &mapped.whole {
            self.row[column] = whole;
        }
        for (steps, column) in &mapped.parts {
            if let Some(part) = follow(value, steps) {
                self.row[*column] = cell_of(part, self.arena).map_err(broken_text)?;
            }
        }
        // Mapping a part of a value does not take the value from a column of its own name.
        if mapped.whole.is_empty()
            && let Some(column) = self.mapper.fields.named(key)
        {
            self.row[column] = whole;
        }
        Ok(())
    }

    fn unknown(&mut self, key: &str, value: Value<'e>) -> Result<(), Refusal> {
        match self.mapper.rules.unknown {
            Unknown::Ignore => Ok(()),
            Unknown::Error => Err(self.mapper.unknown_key(key)),
            Unknown::Column(_) => {
                let open = if self.gathered.is_empty() { '{' } else { ',' };
                self.gathered.push(open);
                write_string(key, &mut self.gathered);
                self.gathered.push(':');
                write_value(value, &mut self.gathered);
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
                    let name = &self.mapper.table.columns[column].name;
                    let message =
                        format!("the keys `{other}` and `{key}` both mean column \"{name}\"");
                    let cause = Cause::new(message).at_column(name);
                    return Err(Refusal { stage: Stage::Mapping, cause });
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
        cell_of(value, self.arena).map_err(broken_text)
    }
}

/// A JSON value as a cell.
///
/// # Errors
/// A sentence, where a string is no text.
pub(crate) fn cell_of<'e>(value: Value<'e>, arena: &'e Bump) -> Result<Cell<'e>, &'static str> {
    Ok(match value {
        Value::Null => Cell::Null,
        Value::Bool(truth) => Cell::Bool(truth),
        Value::Number(digits) => Cell::Number(digits),
        Value::Text(raw) => Cell::Text(raw.unescape(arena).map_err(|wrong| wrong.what)?),
        Value::Object(text) | Value::Array(text) => Cell::Json(text),
    })
}

fn header<'e>(record: &Record<'e>, name: &str, arena: &'e Bump) -> Result<Cell<'e>, Refusal> {
    let headers = record.headers.to_vec();
    match headers.into_iter().rev().find(|(header, _)| header == name) {
        None => Ok(Cell::Absent),
        Some((_, None)) => Ok(Cell::Null),
        Some((_, Some(bytes))) => match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(Cell::Text(arena.alloc_str(text))),
            Err(_) => {
                Err(Refusal::new(Stage::Mapping, format!("the header `{name}` is not UTF-8 text")))
            }
        },
    }
}

fn not_json(wrong: crate::json::Syntax) -> Refusal {
    let message = format!("the value is not JSON: {} (at byte {})", wrong.what, wrong.at);
    Refusal::new(Stage::Value, message)
}

fn not_an_object(mut scanner: Scanner<'_>) -> Refusal {
    match scanner.value() {
        Ok(value) => Refusal::new(
            Stage::Value,
            format!(
                "the value is a JSON {}, not an object with a key for each column",
                value.kind()
            ),
        ),
        Err(wrong) => not_json(wrong),
    }
}

fn broken_text(what: &str) -> Refusal {
    Refusal::new(Stage::Value, format!("the value is not text: {what}"))
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

fn write_value(value: Value<'_>, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if truth { "true" } else { "false" }),
        Value::Number(text) | Value::Object(text) | Value::Array(text) => out.push_str(text),
        Value::Text(raw) => out.extend(["\"", raw.as_written(), "\""]),
    }
}
