//! What a missing table should be: the records of a batch are mapped to a table that has no
//! columns but the configured ones, and whatever else they bring is found.

use bumpalo::Bump;

use crate::cell::Cell;
use crate::decode::{Decoder, Key};
use crate::design::{Findings, Holds, Missing};
use crate::event::Event;
use crate::key::COORDINATES;
use crate::mapper::Mapper;
use crate::rules::{InsertMode, PkMode, Rules, Unknown};
use crate::source::Source;
use crate::table::{Column, Table, TableName};
use crate::value::Value;

/// Designs a table for these records of an event; `None` where they do not say enough.
pub(crate) fn design(
    event: &Event<'_>,
    records: &[usize],
    rules: &Rules,
    name: &TableName,
    takes_name: fn(&str) -> bool,
) -> Option<Missing> {
    let (configured, rules_for_all) = (configured(rules, name), without_key(rules));
    let findings = Findings::new(takes_name, true);
    let mut mapper = Mapper::with(&rules_for_all, &configured, Some(findings)).ok()?;
    let arena = Bump::new();
    for &index in records {
        let mut row = vec![Cell::Absent; configured.columns.len()];
        // Whatever cannot be mapped says nothing.
        let _ = mapper.map(&event.records[index], &arena, &mut row);
    }
    let mut findings = mapper.into_findings()?;
    for (source, column) in &rules.mapping {
        findings.add(column, outside(source));
    }
    if let Unknown::Column(column) = &rules.unknown {
        findings.add(column, Some(Holds::Documents));
    }
    let key = key(event, records, rules, &mut findings);
    let mut columns: Vec<_> = findings.columns(&rules.reading).collect();
    // The key first, as people write tables.
    columns.sort_by_key(|column| {
        key.iter().position(|name| *name == column.name).unwrap_or(key.len())
    });
    let is_whole = key.iter().all(|name| findings.holds(name).is_some());
    let key = 0..key.len();
    let is_empty = columns.is_empty();
    let missing = || Missing::Table { name: name.clone(), columns, key: key.collect() };
    (is_whole && !is_empty).then(missing)
}

/// What a table must at least have: it stands for one that cannot be designed, so that every
/// record is told what it lacks.
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
    }
}

/// The rules as if rows were found by nothing, and every key were to have its column.
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

/// What a source outside the value holds; the value's own were found with it.
fn outside(source: &Source) -> Option<Holds> {
    match source {
        Source::Value(steps) if steps.is_empty() => Some(Holds::Documents),
        Source::Value(_) => None,
        Source::Topic | Source::Header(_) | Source::Key(_) => Some(Holds::Text),
        Source::Partition | Source::Offset | Source::Timestamp => Some(Holds::Integers),
    }
}

/// The names of the key's columns, in order; what they hold is found on the way.
fn key(
    event: &Event<'_>,
    records: &[usize],
    rules: &Rules,
    findings: &mut Findings,
) -> Vec<String> {
    let mut fields = rules.pk_fields.clone();
    match rules.pk_mode {
        PkMode::None => return Vec::new(),
        PkMode::Kafka => {
            if fields.is_empty() {
                fields = COORDINATES.map(str::to_owned).into();
            }
            let holds = [Holds::Text, Holds::Integers, Holds::Integers];
            fields.iter().zip(holds).for_each(|(field, holds)| findings.add(field, Some(holds)));
        }
        PkMode::RecordValue => {}
        PkMode::RecordKey => {
            let mut decoder = Decoder::default();
            for &index in records {
                match decoder.key(&event.records[index], rules.key_format) {
                    Ok(key) => note_key(&key, &mut fields, rules, findings),
                    Err(_) => continue,
                }
            }
        }
    }
    fields.iter().map(|field| crate::key::column_of(rules, field).to_owned()).collect()
}

/// Notes the fields of one record's key; the first one that has any names them.
fn note_key(key: &Key<'_>, fields: &mut Vec<String>, rules: &Rules, findings: &mut Findings) {
    let column = |field: &str| crate::key::column_of(rules, field).to_owned();
    let content = match (key, fields.as_slice()) {
        (Key::Text(_), [field]) => return findings.add(&column(field), Some(Holds::Text)),
        (Key::Text(_) | Key::Missing, _) => return,
        (Key::Json(content), _) => content,
    };
    let typed = content.typed();
    if !matches!(typed.value, Value::Object(_)) {
        if let [field] = fields.as_slice() {
            findings.note(&column(field), typed);
        }
        return;
    }
    if fields.is_empty() {
        fields.extend(typed.value.members().filter_map(|(name, _)| name.to_text().ok()));
    }
    for field in fields.iter() {
        if let Some(part) = typed.member_in_any_case(field) {
            findings.note(&column(field), part);
        }
    }
}
