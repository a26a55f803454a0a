//! Rows as records: JSON, one member for each column in the table's order, with every digit, perhaps with Kafka Connect's
//! envelope around it; or Avro or Protobuf, straight from the cells.
//!
//! Values come over the binary protocol: its text has only six digits of a FLOAT.

mod datum;
mod declared;
mod form;
mod geometry;
mod part;
mod style;
mod unscaled;
mod write;

use bytes::{Bytes, BytesMut};
use mysql_async::{Column, Value};
use sluice_source::encoding;
use sluice_source::error::SourceError;
use sluice_source::model::position::Position;
use sluice_source::options::letter::FailedRow;
use sluice_source::source::{Out, SourceRecord};

pub(crate) use form::{Form, Hints};
pub(crate) use style::{DECIMAL_FORMAT, GRANULARITY, Style, TINYINT1, ZERO_DATES};

use crate::moment;
use part::Part;
use write::Why;

/// How rows of one result become records.
pub(crate) struct Plan {
    /// The columns' names.
    names: Vec<String>,
    key: Part,
    value: Part,
    id: Option<usize>,
    /// The first that is not NULL counts.
    times: Vec<usize>,
    /// Microseconds to take off a wall clock.
    offset: i64,
    arena: BytesMut,
}

/// What a row is read for.
pub(crate) struct Wanted<'a> {
    pub(crate) key: &'a [String],
    /// The column of ids, if the order needs one.
    pub(crate) id: Option<&'a str>,
    /// The columns of timestamps.
    pub(crate) times: Vec<&'a str>,
    /// The zone of their wall clock, in microseconds east of UTC.
    pub(crate) offset: i64,
    pub(crate) style: Style,
    /// The name of the values' schema: the table's.
    pub(crate) name: &'a str,
}

const ARENA: usize = 256 * 1024;

impl Plan {
    /// For a result with these columns.
    ///
    /// # Errors
    /// A column that orders the rows is gone, or a schema has no place for a name.
    pub(crate) fn of(
        columns: &[Column],
        hints: &Hints,
        wanted: &Wanted<'_>,
    ) -> Result<Self, SourceError> {
        let style = &wanted.style;
        let names: Vec<String> =
            columns.iter().map(|column| column.name_str().into_owned()).collect();
        let place = |name: &str| names.iter().position(|known| known.eq_ignore_ascii_case(name));
        let required = |name: &str| {
            place(name).ok_or_else(|| {
                SourceError::stop(format!(
                    "column `{name}`, which orders the rows, is gone or invisible"
                ))
            })
        };
        let key: Option<Vec<usize>> = wanted.key.iter().map(|name| place(name)).collect();
        // A key of which a column cannot be seen does not distinguish rows.
        let key = key.unwrap_or_default();
        let all = (0..columns.len()).collect();
        // A query has none.
        let name = Some(wanted.name).filter(|name| !name.is_empty());
        Ok(Self {
            id: wanted.id.map(required).transpose()?,
            times: wanted.times.iter().map(|name| required(name)).collect::<Result<_, _>>()?,
            key: Part::of(columns, key, hints, (style.key, None), style)?,
            value: Part::of(columns, all, hints, (style.value, name), style)?,
            offset: wanted.offset,
            names,
            arena: BytesMut::with_capacity(ARENA),
        })
    }

    /// Asks for the ids of the schemas, where there are any.
    ///
    /// # Errors
    /// There is no answer of a registry, or it refuses a schema.
    pub(crate) async fn name_schemas(&mut self, out: &mut impl Out) -> Result<(), SourceError> {
        let parts =
            [(encoding::Part::Key, &mut self.key), (encoding::Part::Value, &mut self.value)];
        for (which, part) in parts {
            // Without a key there is nothing to name.
            let Some(schema) = part.schema().filter(|_| !part.is_empty()).cloned() else {
                continue;
            };
            part.name_schema(out.schema(which, schema).await?);
        }
        Ok(())
    }

    /// A row as a record, or what can be written of it.
    pub(crate) fn record(
        &mut self,
        values: &[Value],
        position: Position,
    ) -> Result<SourceRecord, FailedRow> {
        match self.written(values) {
            Ok((key, value)) => Ok(SourceRecord { key, value, timestamp: timestamp(position) }),
            Err((place, why)) => Err(self.failed(values, place, why)),
        }
    }

    /// Where a row stands.
    ///
    /// # Errors
    /// It has no position.
    pub(crate) fn position(&self, values: &[Value]) -> Result<Position, SourceError> {
        let column = |place: usize| self.names[place].as_str();
        let id = match self.id {
            None => None,
            Some(place) => Some(id(&values[place]).ok_or_else(|| {
                SourceError::stop(format!(
                    "an id in column `{}` is not a whole number up to 9223372036854775807",
                    column(place)
                ))
            })?),
        };
        let first = self.times.iter().find(|place| values[**place] != Value::NULL);
        let time = match first.or(self.times.last()) {
            None => None,
            Some(place) => Some(moment::micros(&values[*place]).ok_or_else(|| {
                SourceError::stop(format!(
                    "a timestamp in column `{}` is not in the calendar",
                    column(*place)
                ))
            })?),
        };
        Ok(Position { time: time.map(|time| time - self.offset), id })
    }

    /// Key and value; or the column that cannot be written.
    fn written(&mut self, values: &[Value]) -> Result<(Option<Bytes>, Bytes), (usize, Why)> {
        let Self { key, value, arena, .. } = self;
        let mut of = |part: &Part| {
            // What was written before an error.
            arena.clear();
            part.write(values, arena)?;
            Ok(arena.split().freeze())
        };
        let key = if key.is_empty() { None } else { Some(of(key)?) };
        Ok((key, of(value)?))
    }

    /// What can be written of a row: an object without an envelope.
    fn failed(&mut self, values: &[Value], place: usize, why: Why) -> FailedRow {
        let column = Some(self.names[place].clone());
        FailedRow {
            key: self.shown_key(values),
            value: self.rest(values),
            column,
            reason: why.to_owned(),
        }
    }

    /// A row whose record is too large. What is not text becomes JSON, so that a person can read it.
    pub(crate) fn too_large(
        &mut self,
        values: &[Value],
        record: SourceRecord,
        reason: String,
    ) -> FailedRow {
        let key = match self.key.schema() {
            Some(_) => self.shown_key(values),
            None => record.key,
        };
        let value = match self.value.schema() {
            Some(_) => self.rest(values),
            None => record.value,
        };
        FailedRow { key, value, column: None, reason }
    }

    /// A row of which only the columns that name it could be read.
    pub(crate) fn unread(&mut self, values: &[Value], position: Position, why: &str) -> FailedRow {
        let id = self.id.zip(position.id).filter(|_| self.key.is_empty());
        let named = id.map(|(place, id)| format!("its `{}` is {id}, and ", self.names[place]));
        let reason = format!("{}it is too large to be read: {why}", named.unwrap_or_default());
        let (key, value) = (self.shown_key(values), self.rest(values));
        FailedRow { key, value, column: None, reason }
    }

    /// The key as text; `None` if there is none, or if it cannot be written.
    fn shown_key(&mut self, values: &[Value]) -> Option<Bytes> {
        let Self { key, arena, .. } = self;
        if key.is_empty() {
            return None;
        }
        arena.clear();
        let written = match key.schema() {
            Some(_) => key.shown(values, arena),
            None => key.write(values, arena),
        };
        written.ok().map(|()| arena.split().freeze())
    }

    fn rest(&mut self, values: &[Value]) -> Bytes {
        self.arena.clear();
        self.value.rest(values, &mut self.arena);
        self.arena.split().freeze()
    }
}

/// The record's time in milliseconds since 1970, if it can be one: Kafka has none before that year.
fn timestamp(position: Position) -> Option<i64> {
    position.time.map(|time| time.div_euclid(1_000)).filter(|millis| *millis >= 0)
}

/// An integer, or a DECIMAL without a fraction.
pub(crate) fn id(value: &Value) -> Option<i64> {
    match value {
        Value::Int(id) => Some(*id),
        Value::UInt(id) => i64::try_from(*id).ok(),
        Value::Bytes(text) => std::str::from_utf8(text).ok()?.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_no_time_before_1970() {
        assert_eq!(timestamp(Position::at_time(1_999)), Some(1));
        assert_eq!(timestamp(Position::at_time(0)), Some(0));
        assert_eq!(timestamp(Position::at_time(-1)), None);
        assert_eq!(timestamp(Position::at_id(7)), None);
    }
}
