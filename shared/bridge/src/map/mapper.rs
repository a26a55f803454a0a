//! Maps a record to a row: one pass over the value binds the keys that have a column.
//!
//! Nothing here knows what a column's type can hold; the sink reports it when it encodes.

use bumpalo::Bump;

use crate::event::record::Record;
use crate::format::compiled::Payload;
use crate::format::decode::{Bare, Decoded, RecordDecoder};
use crate::format::envelope::Content;
use crate::format::frame::Part;
use crate::format::refusal;
use crate::format::registry::KnownSchemas;
use crate::format::slots::{Slots, Unusual};
use crate::map::binder::Binder;
use crate::map::bound::BoundSchemas;
use crate::map::columns::{ColumnResolver, Target, find_column};
use crate::map::fit::Fit;
use crate::map::inferred::InferredColumns;
use crate::map::key::KeyColumns;
use crate::model::cell::Cell;
use crate::model::failure::{Cause, Refusal, Stage};
use crate::model::table::Table;
use crate::options::mapping::Source;
use crate::options::rules::{InsertMode, PkMode, Rules};

/// What a record does to its table.
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
    fields: ColumnResolver<'t>,
    key: KeyColumns,
    decoder: RecordDecoder,
    /// The schemas that were met.
    bound: BoundSchemas,
    fits: Vec<Fit<'t>>,
    /// Sources outside the value.
    others: Vec<(&'t Source, usize)>,
}

impl<'t> Mapper<'t> {
    /// Compiles the rules for a table.
    ///
    /// # Errors
    /// The rules name a column that the table lacks, or need a key that it does not have.
    pub fn new(rules: &'t Rules, table: &'t Table) -> Result<Self, Cause> {
        Self::with(rules, table, None)
    }

    /// The same, and notes what missing columns would have to hold.
    ///
    /// # Errors
    /// As [`Mapper::new`].
    pub(crate) fn with(
        rules: &'t Rules,
        table: &'t Table,
        findings: Option<InferredColumns<'t>>,
    ) -> Result<Self, Cause> {
        let outside = |source: &Source| !matches!(source, Source::Value(_));
        let others = rules.mapping.iter().filter(|(source, _)| outside(source));
        let others = others
            .map(|(source, column)| Ok((source, find_column(table, column, "fields.mapping")?)))
            .collect::<Result<_, Cause>>()?;
        let fields = ColumnResolver::new(rules, table, findings)?;
        let takes_whole = !fields.whole.is_empty();
        Ok(Self {
            rules,
            table,
            fields,
            key: KeyColumns::new(rules, table)?,
            decoder: RecordDecoder::new(rules.formats, KnownSchemas::default(), takes_whole),
            bound: BoundSchemas::default(),
            fits: table.columns.iter().map(|it| Fit::new(it, &rules.reading)).collect(),
            others,
        })
    }

    /// The same with the schemas of a registry that are known.
    #[must_use]
    pub fn knowing(mut self, schemas: &KnownSchemas) -> Self {
        let takes_whole = !self.fields.whole.is_empty();
        self.decoder = RecordDecoder::new(self.rules.formats, schemas.clone(), takes_whole);
        self
    }

    /// The columns rows are found by; empty with `pk.mode=none`.
    #[must_use]
    pub fn key(&self) -> &[usize] {
        &self.key.columns
    }

    /// The first key that was met and has no column.
    pub(crate) fn unknown(&self) -> Option<&str> {
        self.fields.unknown.as_deref()
    }

    /// What was found so far.
    pub(crate) fn findings(&self) -> Option<&InferredColumns<'t>> {
        self.fields.findings.as_ref()
    }

    pub(crate) fn into_findings(self) -> Option<InferredColumns<'t>> {
        self.fields.findings
    }

    /// Binds a record to the table's columns; `row` has one absent cell for each of them.
    ///
    /// # Errors
    /// The record cannot be decoded or mapped; then `row` must not be used.
    pub fn map<'e>(
        &mut self,
        record: &Record<'e>,
        arena: &'e Bump,
        row: &mut [Cell<'e>],
    ) -> Result<Fate, Refusal> {
        if let Some(findings) = &mut self.fields.findings {
            findings.begin_record();
        }
        let fate = self.bind(record, arena, row);
        if let (Err(_), Some(findings)) = (&fate, &mut self.fields.findings) {
            findings.forget_record();
        }
        fate
    }

    fn bind<'e>(
        &mut self,
        record: &Record<'e>,
        arena: &'e Bump,
        row: &mut [Cell<'e>],
    ) -> Result<Fate, Refusal> {
        let said = self.decoder.value(record, arena)?;
        let bare = said.bare_key(self.rules.formats.value);
        match &said {
            Decoded::Text(text) => Binder::new(&mut self.fields, arena, row).plain_text(text)?,
            Decoded::Json(content) => Binder::new(&mut self.fields, arena, row).json(content)?,
            Decoded::Fields(payload) => self.bind_fields(payload, arena, row)?,
            Decoded::Image { after, before } => {
                self.key.check_kept(self.rules, before.as_ref(), after)?;
                Binder::new(&mut self.fields, arena, row).image(after)?;
            }
            Decoded::Nothing => return Ok(Fate::Filtered),
            // The mark has a column, and nothing else would show that the row is deleted.
            Decoded::Marked(content) if !self.rules.delete_enabled && self.fields.takes_mark() => {
                Binder::new(&mut self.fields, arena, row).image(content)?;
            }
            Decoded::Marked(content) => {
                return self.delete(record, Some(content), bare, arena, row);
            }
            Decoded::Gone(image) => return self.delete(record, image.as_ref(), bare, arena, row),
        }
        self.bind_others(record, bare, arena, row)?;
        self.key.fill(self.rules, &mut self.decoder, record, bare, arena, row)?;
        self.settle(arena, row)?;
        if self.rules.insert_mode != InsertMode::Insert {
            self.key.check(self.table, row)?;
        }
        Ok(Fate::Put)
    }

    /// Binds the fields of a payload. Most go straight into their cells.
    fn bind_fields<'e>(
        &mut self,
        payload: &Payload<'e>,
        arena: &'e Bump,
        row: &mut [Cell<'e>],
    ) -> Result<(), Refusal> {
        let bound = self.bound.of(payload, &self.fields);
        let placeholder = &self.rules.reading.placeholder;
        let mut slots = Slots::new(&bound.places, row, placeholder, arena);
        let members = match payload.fill(&mut slots) {
            Ok(()) if slots.later.is_empty() && !bound.lacks_columns => return Ok(()),
            Ok(()) => slots.later,
            Err(Unusual) => {
                row.fill(Cell::Absent);
                payload.members(arena).map_err(|wrong| {
                    refusal::undecodable(Part::Value, payload.id, payload.compiled.kind, wrong)
                })?
            }
        };
        let binder = Binder::new(&mut self.fields, arena, row);
        binder.members(payload, &members, &bound.targets)?;
        if let Some(findings) = self.fields.findings.as_mut().filter(|_| bound.lacks_columns) {
            note_open(findings, payload, &bound.targets);
        }
        Ok(())
    }

    /// A tombstone, or a delete event with the row's last content.
    fn delete<'e>(
        &mut self,
        record: &Record<'e>,
        image: Option<&Content<'e>>,
        bare: Bare,
        arena: &'e Bump,
        row: &mut [Cell<'e>],
    ) -> Result<Fate, Refusal> {
        match (self.rules.delete_enabled, self.rules.pk_mode, image) {
            (false, ..) => return Ok(Fate::Filtered),
            (true, PkMode::RecordValue, Some(image)) => {
                self.key.fill_from(self.rules, image, arena, row)?;
            }
            // A tombstone after a change event adds nothing, and it has no key.
            (true, PkMode::RecordValue, None) => return Ok(Fate::Filtered),
            _ => self.key.fill(self.rules, &mut self.decoder, record, bare, arena, row)?,
        }
        self.settle(arena, row)?;
        self.key.check(self.table, row)?;
        Ok(Fate::Delete)
    }

    /// Adapts every value to its column.
    #[inline]
    fn settle<'e>(&self, arena: &'e Bump, row: &mut [Cell<'e>]) -> Result<(), Refusal> {
        for (place, (cell, fit)) in row.iter_mut().zip(&self.fits).enumerate() {
            if fit.settle_plain(cell) {
                continue;
            }
            let given = *cell;
            *cell = fit.settle(given, arena).map_err(|why| {
                let column = &self.table.columns[place];
                let (name, shown) = (&column.name, column.takes.shown());
                let cause = Cause::mismatch(name, shown, given.kind(), &why);
                Refusal { stage: Stage::Mapping, cause }
            })?;
        }
        Ok(())
    }

    fn bind_others<'e>(
        &mut self,
        record: &Record<'e>,
        bare: Bare,
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
                Source::Timestamp => record.timestamp.map_or(Cell::Null, |millis| {
                    Cell::Millis(arena.alloc_str(&millis.to_string()))
                }),
                Source::Header(name) => header(record, name, arena)?,
                Source::Key(steps) => {
                    let key = self.decoder.key(record, arena)?;
                    key.cell(steps, bare, arena)?
                }
            };
        }
        Ok(())
    }
}

/// Notes the fields without a column of which this payload may not show the type: a later record may. A column that
/// cannot be created is told of the record that sets its field.
fn note_open(findings: &mut InferredColumns<'_>, payload: &Payload<'_>, targets: &[Target]) {
    for (field, name, types) in payload.open_fields() {
        if targets[field] == Target::Unknown && !types.is_empty() {
            let _ = findings.note_types(name, &types);
        }
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
