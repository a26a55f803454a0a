//! Infers the columns of a missing table: the records of a batch are mapped to a table that has
//! only the configured columns, and the other keys that they have become columns.

use std::sync::Arc;

use bumpalo::Bump;

use crate::event::reader::Event;
use crate::format::decode::{RecordDecoder, RecordKey};
use crate::format::refusal;
use crate::format::registry::KnownSchemas;
use crate::json::value::Value;
use crate::map::inferred::{InferredColumns, Names};
use crate::map::mapper::{Fate, Mapper};
use crate::model::cell::Cell;
use crate::model::change::{ColumnKind, SchemaChange};
use crate::model::failure::{Fault, Refusal, SinkError};
use crate::model::shape::Untyped;
use crate::model::table::{Column, Table, TableName};
use crate::options::mapping::Source;
use crate::options::rules::{COORDINATES, InsertMode, PkMode, Rules, Unknown};
use crate::run::outcome::Stop;
use crate::run::queue::Queue;

/// Designs a table for these records of an event; `None` if they do not contain enough.
///
/// # Errors
/// `Fatal` if no records could: no option names the fields of the key.
pub(crate) fn design(
    event: &Event<'_>,
    records: &[usize],
    rules: &Rules,
    name: &TableName,
    names: Names<'_>,
    schemas: &KnownSchemas,
) -> Result<Option<SchemaChange>, SinkError> {
    if rules.pk_mode == PkMode::RecordValue && rules.pk_fields.is_empty() {
        let message =
            format!("table {name} does not exist, and auto.create needs pk.fields to create it");
        return Err(SinkError::fatal(message));
    }
    let (configured, rules_for_all) = (configured(rules, name), without_key(rules));
    let columns_left = names.columns_left.saturating_sub(configured.columns.len());
    let findings = InferredColumns::new(Names { columns_left, ..names }, &[], true);
    let mut mapper = Mapper::with(&rules_for_all, &configured, Some(findings))
        .map_err(|cause| SinkError { fault: Fault::Fatal, cause })?
        .knowing(schemas);
    for &index in records {
        // Of its own, because only what was found is kept.
        let arena = Bump::new();
        let mut row = vec![Cell::Absent; configured.columns.len()];
        // A record that cannot be mapped adds nothing.
        let _ = mapper.map(&event.records[index], &arena, &mut row);
    }
    let Some(mut findings) = mapper.into_findings() else { return Ok(None) };
    for (source, column) in &rules.mapping {
        findings.add(column, outside(source));
    }
    if let Unknown::Column(column) = &rules.unknown {
        findings.add(column, Some(ColumnKind::Documents));
    }
    let key = key(event, records, rules, schemas, &mut findings);
    let mut columns: Vec<_> = findings.columns(&rules.reading).collect();
    // The key first, as people write tables.
    columns.sort_by_key(|column| {
        key.iter().position(|name| *name == column.name).unwrap_or(key.len())
    });
    let has_key = rules.pk_mode == PkMode::None || !key.is_empty();
    let is_whole = has_key && key.iter().all(|name| findings.kind(name).is_some());
    let key = 0..key.len();
    let is_empty = columns.is_empty();
    let missing = || SchemaChange::Table { name: name.clone(), columns, key: key.collect() };
    Ok((is_whole && !is_empty).then(missing))
}

/// A table with only the configured columns. It stands for a table that cannot be designed, so that
/// every record gets its own reason.
pub(crate) fn configured(rules: &Rules, name: &TableName) -> Table {
    let gathering = match &rules.unknown {
        Unknown::Column(column) => Some(column),
        Unknown::Error | Unknown::Ignore => None,
    };
    let mut names: Vec<&String> = rules.mapping.iter().map(|(_, column)| column).collect();
    names.extend(gathering);
    names.sort();
    names.dedup();
    let column = |name: &String| Column { name: name.clone(), ..Column::default() };
    Table {
        name: name.clone(),
        columns: names.into_iter().map(column).collect(),
        primary_key: Vec::new(),
        has_side_effects: false,
        shape: Arc::new(Untyped),
    }
}

/// The rules without a key, and as if every key had its column.
fn without_key(rules: &Rules) -> Rules {
    let unknown = match &rules.unknown {
        Unknown::Ignore => Unknown::Error,
        other => other.clone(),
    };
    Rules {
        pk_mode: PkMode::None,
        pk_fields: Vec::new(),
        insert_mode: InsertMode::Insert,
        delete_enabled: false,
        unknown,
        ..rules.clone()
    }
}

/// What a source outside the value kind; sources in the value were found with it.
fn outside(source: &Source) -> Option<ColumnKind> {
    match source {
        Source::Value(steps) if steps.is_empty() => Some(ColumnKind::Documents),
        Source::Value(_) => None,
        Source::Topic | Source::Header(_) | Source::Key(_) => Some(ColumnKind::Text),
        Source::Partition | Source::Offset | Source::Timestamp => Some(ColumnKind::Integers),
    }
}

/// The names of the key's columns, in order; also notes what they hold.
fn key(
    event: &Event<'_>,
    records: &[usize],
    rules: &Rules,
    schemas: &KnownSchemas,
    findings: &mut InferredColumns<'_>,
) -> Vec<String> {
    let mut fields = rules.pk_fields.clone();
    match rules.pk_mode {
        PkMode::None => return Vec::new(),
        PkMode::Kafka => {
            if fields.is_empty() {
                fields = COORDINATES.map(str::to_owned).into();
            }
            let kind = [ColumnKind::Text, ColumnKind::Integers, ColumnKind::Integers];
            fields.iter().zip(kind).for_each(|(field, kind)| findings.add(field, Some(kind)));
        }
        PkMode::RecordValue => {}
        PkMode::RecordKey => {
            let mut decoder = RecordDecoder::new(rules.formats, schemas.clone(), false);
            for &index in records {
                let arena = Bump::new();
                findings.begin_record();
                match decoder.key(&event.records[index], &arena) {
                    Ok(key) => note_key(&key, &mut fields, rules, findings),
                    Err(_) => continue,
                }
            }
        }
    }
    fields.iter().map(|field| crate::map::key::column_of(rules, field).to_owned()).collect()
}

/// Notes the fields of one record's key; the first key that has fields names them.
fn note_key(
    key: &RecordKey<'_>,
    fields: &mut Vec<String>,
    rules: &Rules,
    findings: &mut InferredColumns<'_>,
) {
    let column = |field: &str| crate::map::key::column_of(rules, field).to_owned();
    let content = match (key, fields.as_slice()) {
        (RecordKey::Text(_), [field]) => {
            return findings.add(&column(field), Some(ColumnKind::Text));
        }
        (RecordKey::Text(_) | RecordKey::Missing, _) => return,
        (RecordKey::Json(content), _) => content,
    };
    let typed = content.typed();
    if !matches!(typed.value, Value::Object(_)) {
        if let [field] = fields.as_slice() {
            let _ = findings.note(&column(field), typed);
        }
        return;
    }
    if fields.is_empty() {
        fields.extend(typed.value.members().filter_map(|(name, _)| name.to_text().ok()));
    }
    for field in fields.iter() {
        if let Some(part) = typed.key_member(field, findings.is_open()) {
            let _ = findings.note(&column(field), part);
        }
    }
}

/// A record, by its index in the event, and its result.
type Told = (usize, Result<Fate, Refusal>);

/// Refuses the records of a table that does not exist and cannot be created, each with its own
/// reason if it has one.
///
/// # Errors
/// As [`Queue::take`].
pub(crate) fn refuse(
    queue: &mut Queue<'_, '_>,
    rules: &Rules,
    name: &TableName,
    names: Names<'_>,
    why: Option<&str>,
) -> Result<Vec<Told>, Stop> {
    let (table, rules) = (configured(rules, name), without_key(rules));
    let records = queue.take(usize::MAX)?;
    let findings = InferredColumns::new(names, &[], true);
    let mapper = Mapper::with(&rules, &table, Some(findings));
    let Ok(mapper) = mapper else { return Ok(Vec::new()) };
    let mut mapper = mapper.knowing(queue.schemas());
    let why =
        why.unwrap_or("its columns and its key (pk.fields) cannot be derived from the records");
    let refused = records.into_iter().map(|index| {
        let arena = Bump::new();
        let mut row = vec![Cell::Absent; table.columns.len()];
        let fate = match mapper.map(&queue.event().records[index], &arena, &mut row) {
            Ok(Fate::Filtered) => Ok(Fate::Filtered),
            Ok(_) => Err(refusal::no_table(name, why)),
            Err(refusal) => Err(refusal),
        };
        (index, fate)
    });
    Ok(refused.collect())
}

#[cfg(test)]
mod tests;
