//! A row's key: which columns it has, and where a record carries it.

use bumpalo::Bump;

use crate::cell::Cell;
use crate::failure::{Cause, Refusal, Stage};
use crate::fields::find_column;
use crate::json::Scanner;
use crate::record::Record;
use crate::rules::{Format, InsertMode, PkMode, Rules};
use crate::source::{Source, Step, member_in_any_case};
use crate::table::Table;
use crate::value::Value;

const COORDINATES: [&str; 3] = ["__connect_topic", "__connect_partition", "__connect_offset"];

/// The key's columns of one table, each with the field it comes from.
#[derive(Debug)]
pub(crate) struct KeyColumns {
    /// Indexes into the table's columns.
    pub(crate) columns: Vec<usize>,
    fields: Vec<String>,
}

impl KeyColumns {
    /// Resolves `pk.fields` against the table.
    ///
    /// # Errors
    /// A sentence: a column the table has not, or no key at all.
    pub(crate) fn new(rules: &Rules, table: &Table) -> Result<Self, Cause> {
        let fields: Vec<String> = match (rules.pk_mode, rules.pk_fields.is_empty()) {
            (PkMode::None, _) => Vec::new(),
            (PkMode::Kafka, true) => COORDINATES.map(str::to_owned).into(),
            (_, false) => rules.pk_fields.clone(),
            (_, true) => {
                let names = table.primary_key.iter().map(|&column| &table.columns[column].name);
                names.map(|name| field_of(rules, name)).collect()
            }
        };
        if fields.is_empty() && rules.pk_mode != PkMode::None {
            let message = format!("table {} has no primary key: set pk.fields", table.name);
            return Err(Cause::new(message));
        }
        let columns = fields
            .iter()
            .map(|field| find_column(table, column_of(rules, field), "pk.fields"))
            .collect::<Result<_, _>>()?;
        Ok(Self { columns, fields })
    }

    /// Puts the parts of the record's own key, or its coordinates, into their columns.
    pub(crate) fn fill<'e>(
        &self,
        rules: &Rules,
        record: &Record<'e>,
        arena: &'e Bump,
        row: &mut [Cell<'e>],
    ) -> Result<(), Refusal> {
        match rules.pk_mode {
            PkMode::None | PkMode::RecordValue => {}
            PkMode::Kafka => {
                let partition = Cell::Number(arena.alloc_str(&record.partition.to_string()));
                let offset = Cell::Number(arena.alloc_str(&record.offset.to_string()));
                let coordinates = [Cell::Text(record.topic), partition, offset];
                for (&column, cell) in self.columns.iter().zip(coordinates) {
                    row[column] = cell;
                }
            }
            PkMode::RecordKey => {
                let key = decode(record, rules.key_format, arena)?;
                for (&column, field) in self.columns.iter().zip(&self.fields) {
                    match self.part(key, field, arena)? {
                        // An insert needs no key: what the value says may stand.
                        Cell::Absent if rules.insert_mode == InsertMode::Insert => {}
                        part => row[column] = part,
                    }
                }
            }
        }
        Ok(())
    }

    fn part<'e>(&self, key: Key<'e>, field: &str, arena: &'e Bump) -> Result<Cell<'e>, Refusal> {
        match key {
            Key::Json(Value::Object(object)) => match member_in_any_case(object, field) {
                Some(part) => {
                    Cell::from_json(part, arena).map_err(|what| Refusal::new(Stage::Key, what))
                }
                None => Ok(Cell::Absent),
            },
            Key::Missing => Ok(Cell::Absent),
            _ if self.fields.len() > 1 => {
                let message = format!(
                    "the record's key is a single value, but the row's key has {} fields ({})",
                    self.fields.len(),
                    self.fields.join(", ")
                );
                Err(Refusal::new(Stage::Key, message))
            }
            single => single.cell(arena),
        }
    }

    /// Checks that a row that will be found by its key has one.
    pub(crate) fn check(&self, table: &Table, row: &[Cell<'_>]) -> Result<(), Refusal> {
        let missing =
            self.columns.iter().zip(&self.fields).find(|(column, _)| !row[**column].is_value());
        let Some((&column, field)) = missing else { return Ok(()) };
        let name = &table.columns[column].name;
        let state = if row[column] == Cell::Null { "null" } else { "missing" };
        let cause = Cause::new(format!("the key field `{field}` is {state}; rows are found by it"));
        Err(Refusal { stage: Stage::Mapping, cause: cause.at_column(name) })
    }
}

/// The column a key field is written to: the mapping may rename it.
fn column_of<'r>(rules: &'r Rules, field: &'r str) -> &'r str {
    let renamed = rules.mapping.iter().find(|(source, _)| is_member(source, field));
    renamed.map_or(field, |(_, column)| column)
}

/// The field that is written to a key column, by the mapping or by name.
fn field_of(rules: &Rules, column: &str) -> String {
    let source = rules.mapping.iter().find_map(|(source, to)| match source {
        Source::Value(steps) if to == column => match steps.as_slice() {
            [Step::Member(field)] => Some(field.clone()),
            _ => None,
        },
        _ => None,
    });
    source.unwrap_or_else(|| column.to_owned())
}

fn is_member(source: &Source, field: &str) -> bool {
    matches!(source, Source::Value(steps) if matches!(steps.as_slice(), [Step::Member(key)] if key == field))
}

/// The record's key, as `key.format` reads it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key<'e> {
    Missing,
    Text(&'e str),
    Json(Value<'e>),
}

impl<'e> Key<'e> {
    /// The whole key as a cell.
    pub(crate) fn cell(self, arena: &'e Bump) -> Result<Cell<'e>, Refusal> {
        match self {
            Key::Missing => Ok(Cell::Null),
            Key::Text(text) => Ok(Cell::Text(text)),
            Key::Json(value) => {
                Cell::from_json(value, arena).map_err(|what| Refusal::new(Stage::Key, what))
            }
        }
    }
}

/// Decodes the record's key.
pub(crate) fn decode<'e>(
    record: &Record<'e>,
    format: Format,
    arena: &'e Bump,
) -> Result<Key<'e>, Refusal> {
    let Some(bytes) = record.key else { return Ok(Key::Missing) };
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Refusal::new(Stage::Key, "the record's key is not UTF-8 text"))?;
    let looks_like_json = text.trim_ascii_start().starts_with(['{', '"']);
    match format {
        Format::String => Ok(Key::Text(text)),
        Format::Auto if !looks_like_json => Ok(Key::Text(text)),
        Format::Auto | Format::Json => {
            let mut scanner = Scanner::new(text);
            let value = scanner.value().and_then(|value| scanner.end().map(|()| value));
            // Checked here, so that following a path later cannot meet a broken escape.
            match value {
                Ok(value) => Cell::from_json(value, arena)
                    .map(|_| Key::Json(value))
                    .map_err(|what| Refusal::new(Stage::Key, what)),
                Err(_) if format == Format::Auto => Ok(Key::Text(text)),
                Err(wrong) => Err(Refusal::new(
                    Stage::Key,
                    format!("the record's key is not JSON: {} (at byte {})", wrong.what, wrong.at),
                )),
            }
        }
    }
}
