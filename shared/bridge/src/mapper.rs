//! From a record to a row: one walk over the value binds the keys that have a column.
//!
//! What a column's type can hold is not known here; the sink says so when it encodes.

use bumpalo::Bump;

use crate::cell::Cell;
use crate::failure::{Cause, Refusal, Stage};
use crate::fields::{Fields, find_column};
use crate::key::{self, KeyColumns};
use crate::record::Record;
use crate::rules::{Format, InsertMode, Rules};
use crate::source::{Source, follow};
use crate::table::Table;
use crate::walk::Walk;

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
    fields: Fields<'t>,
    key: KeyColumns,
    /// Sources outside the value.
    others: Vec<(&'t Source, usize)>,
}

impl<'t> Mapper<'t> {
    /// Compiles the rules for a table.
    ///
    /// # Errors
    /// The rules name a column that the table has not, or need a key that it has not.
    pub fn new(rules: &'t Rules, table: &'t Table) -> Result<Self, Cause> {
        let outside = |source: &Source| !matches!(source, Source::Value(_));
        let others = rules.mapping.iter().filter(|(source, _)| outside(source));
        let others = others
            .map(|(source, column)| Ok((source, find_column(table, column, "fields.mapping")?)))
            .collect::<Result<_, Cause>>()?;
        Ok(Self {
            rules,
            table,
            fields: Fields::new(rules, table)?,
            key: KeyColumns::new(rules, table)?,
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
        let text = simdutf8::basic::from_utf8(bytes)
            .map_err(|_| Refusal::new(Stage::Value, "the value is not UTF-8 text"))?;
        let walk = Walk::new(&mut self.fields, arena, row);
        match self.rules.value_format {
            Format::String => walk.plain_text(text),
            Format::Auto | Format::Json => walk.json(text),
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
