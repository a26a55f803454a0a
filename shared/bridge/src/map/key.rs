//! A row's key: which columns it has, and where a record carries it.

use bumpalo::Bump;

use crate::event::record::Record;
use crate::format::decode::{Bare, RecordDecoder, RecordKey};
use crate::format::envelope::Content;
use crate::format::refusal;
use crate::json::value::Value;
use crate::map::columns::find_column;
use crate::model::cell::Cell;
use crate::model::failure::{Cause, Refusal, Stage};
use crate::model::table::Table;
use crate::options::mapping::{Source, Step};
use crate::options::rules::{COORDINATES, InsertMode, PkMode, Rules};

/// The key's columns of one table, each with the field it comes from.
#[derive(Debug)]
pub(crate) struct KeyColumns {
    /// Indexes into the table's columns.
    pub(crate) columns: Vec<usize>,
    fields: Vec<String>,
    /// Whether names that differ in case are two columns.
    is_exact: bool,
}

impl KeyColumns {
    /// Resolves `pk.fields` against the table.
    ///
    /// # Errors
    /// A sentence: the table lacks a column, or there is no key at all.
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
            let message = format!(
                "table {} has no primary key: add one, or set pk.fields to the columns of a unique index; without one, changes can only be appended (insert.mode=insert, pk.mode=none)",
                table.name
            );
            return Err(Cause::new(message));
        }
        let columns: Vec<usize> = fields
            .iter()
            .map(|field| find_column(table, column_of(rules, field), "pk.fields"))
            .collect::<Result<_, _>>()?;
        let finds_rows = rules.insert_mode != InsertMode::Insert || rules.delete_enabled;
        let computed = columns.iter().map(|&column| &table.columns[column]);
        match computed.into_iter().find(|column| column.generated) {
            Some(column) if finds_rows || rules.pk_mode != PkMode::RecordValue => {
                let message = format!(
                    "the key of table {} has the column \"{}\", which the target computes, so no record can set it: name the columns of another unique index in pk.fields",
                    table.name, column.name
                );
                Err(Cause::new(message).at_column(&column.name))
            }
            _ => Ok(Self { columns, fields, is_exact: table.shape.is_open() }),
        }
    }

    /// Puts the parts of the record's own key, or its coordinates, into their columns.
    pub(crate) fn fill<'e>(
        &self,
        rules: &Rules,
        decoder: &mut RecordDecoder,
        record: &Record<'e>,
        bare: Bare,
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
                let key = decoder.key(record, arena)?;
                for (&column, field) in self.columns.iter().zip(&self.fields) {
                    match self.part(&key, field, bare, arena)? {
                        // An insert needs no key: the value of the field stays.
                        Cell::Absent if rules.insert_mode == InsertMode::Insert => {}
                        part => row[column] = part,
                    }
                }
            }
        }
        Ok(())
    }

    /// Puts the key's fields of a deleted row into their columns.
    pub(crate) fn fill_from<'e>(
        &self,
        rules: &Rules,
        image: &Content<'e>,
        arena: &'e Bump,
        row: &mut [Cell<'e>],
    ) -> Result<(), Refusal> {
        let image = image.typed();
        for (&column, field) in self.columns.iter().zip(&self.fields) {
            let part = image.key_member(field, self.is_exact);
            let part = part.filter(|it| !rules.reading.placeholder.stands_in(it.value));
            if let Some(part) = part {
                let wrong = |wrong| refusal::wrong(Stage::Value, field, wrong);
                row[column] = part.cell(true, arena).map_err(wrong)?;
            }
        }
        Ok(())
    }

    fn part<'e>(
        &self,
        key: &RecordKey<'e>,
        field: &str,
        bare: Bare,
        arena: &'e Bump,
    ) -> Result<Cell<'e>, Refusal> {
        match key {
            RecordKey::Json(content) if content.is_object() => {
                match content.typed().key_member(field, self.is_exact) {
                    Some(part) => bare
                        .cell(part, arena)
                        .map_err(|wrong| refusal::wrong(Stage::Key, field, wrong)),
                    None => Ok(Cell::Absent),
                }
            }
            RecordKey::Missing => Ok(Cell::Absent),
            _ if self.fields.len() > 1 => {
                let message = format!(
                    "the record's key is a single value, but the row's key has {} fields ({})",
                    self.fields.len(),
                    self.fields.join(", ")
                );
                Err(Refusal::new(Stage::Key, message))
            }
            single => single.cell(&[], bare, arena),
        }
    }

    /// Refuses an update after which the row has another key: the row of the key before would stay.
    /// Debezium sends a delete and an insert instead where it knows the key.
    pub(crate) fn check_kept(
        &self,
        rules: &Rules,
        before: Option<&Content<'_>>,
        after: &Content<'_>,
    ) -> Result<(), Refusal> {
        let deletes = rules.delete_enabled && rules.insert_mode != InsertMode::Insert;
        let Some(before) = before.filter(|_| deletes && rules.pk_mode == PkMode::RecordValue)
        else {
            return Ok(());
        };
        // A null stands for what was not sent, too.
        let known = |value: &Value<'_>| {
            *value != Value::Null && !rules.reading.placeholder.stands_in(*value)
        };
        let changes = |field: &&String| {
            let [old, new] = [before, after].map(|image| {
                image.typed().key_member(field, self.is_exact).map(|part| part.value).filter(known)
            });
            old.zip(new).is_some_and(|(old, new)| old != new)
        };
        let Some(field) = self.fields.iter().find(changes) else { return Ok(()) };
        let message = format!(
            "the update changes the key's field `{field}`, and the row of the key before would stay: name the key to Debezium (message.key.columns), which then sends a delete and an insert"
        );
        Err(Refusal::new(Stage::Mapping, message))
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
pub(crate) fn column_of<'r>(rules: &'r Rules, field: &'r str) -> &'r str {
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
