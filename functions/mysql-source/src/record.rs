//! Rows as records: JSON, one member for each column in the table's order, with every digit, and perhaps Kafka Connect's
//! envelope around it.
//!
//! Values come over the binary protocol: its text has only six digits of a FLOAT.

mod form;
mod geometry;
mod schema;
mod style;
mod unscaled;
mod write;

use std::collections::HashMap;

use bytes::{BufMut, Bytes, BytesMut};
use mysql_async::{Column, Row, Value};
use sluice_source::error::SourceError;
use sluice_source::letter::FailedRow;
use sluice_source::position::Position;
use sluice_source::source::SourceRecord;

pub(crate) use form::Form;
pub(crate) use style::{
    DECIMAL_FORMAT, GRANULARITY, Style, TINYINT1, VALUE_FORMAT, ZERO_DATES, ZeroDates,
};

use crate::moment;
use schema::Field;
use write::Why;

/// What the catalog knows of columns and a result does not tell, by name.
pub(crate) type Hints = HashMap<String, Form>;

/// How rows of one result become records.
pub(crate) struct Plan {
    members: Vec<Member>,
    key: Vec<usize>,
    id: Option<usize>,
    /// The first that is not NULL counts.
    times: Vec<usize>,
    /// Microseconds to take off a wall clock.
    offset: i64,
    zero_dates: ZeroDates,
    /// What stands before a key and a value in their envelopes.
    envelope: Option<Envelope>,
    arena: BytesMut,
}

struct Member {
    name: String,
    /// The name as JSON, and a colon.
    label: Vec<u8>,
    form: Form,
}

struct Envelope {
    key: Vec<u8>,
    value: Vec<u8>,
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
    /// The name of the envelope's schema: the table's.
    pub(crate) name: &'a str,
}

const ARENA: usize = 256 * 1024;

impl Plan {
    /// For a result with these columns.
    ///
    /// # Errors
    /// A column that orders the rows is gone.
    pub(crate) fn of(
        columns: &[Column],
        hints: &Hints,
        wanted: &Wanted<'_>,
    ) -> Result<Self, SourceError> {
        let style = &wanted.style;
        let member = |column: &Column| {
            let name = column.name_str().into_owned();
            let mut label = serde_json::Value::from(name.as_str()).to_string().into_bytes();
            label.push(b':');
            let form = Form::of(column, hints.get(&name).copied(), style);
            Member { name, label, form }
        };
        let members: Vec<Member> = columns.iter().map(member).collect();
        let place =
            |name: &str| members.iter().position(|member| member.name.eq_ignore_ascii_case(name));
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
        let envelope = style.is_envelope.then(|| envelope(columns, &members, &key, wanted));
        Ok(Self {
            id: wanted.id.map(required).transpose()?,
            times: wanted.times.iter().map(|name| required(name)).collect::<Result<_, _>>()?,
            key,
            offset: wanted.offset,
            zero_dates: style.zero_dates,
            envelope,
            members,
            arena: BytesMut::with_capacity(ARENA),
        })
    }

    /// A row as a record, or what can be written of it; and its position.
    ///
    /// # Errors
    /// It has no position.
    pub(crate) fn record(
        &mut self,
        row: Row,
    ) -> Result<(Position, Result<SourceRecord, FailedRow>), SourceError> {
        let values = row.unwrap();
        let position = self.position(&values)?;
        let record = match self.written(&values) {
            Ok((key, value)) => Ok(SourceRecord { key, value, timestamp: timestamp(position) }),
            Err((place, why)) => Err(self.failed(&values, place, why)),
        };
        Ok((position, record))
    }

    fn position(&self, values: &[Value]) -> Result<Position, SourceError> {
        let column = |place: usize| self.members[place].name.as_str();
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
        let key = match self.key.is_empty() {
            true => None,
            false => Some(self.object(values, true)?),
        };
        Ok((key, self.object(values, false)?))
    }

    fn object(&mut self, values: &[Value], is_key: bool) -> Result<Bytes, (usize, Why)> {
        let Self { members, key, arena, zero_dates, envelope, .. } = self;
        // What was written before an error.
        arena.clear();
        if let Some(Envelope { key, value }) = envelope {
            arena.put_slice(if is_key { key } else { value });
        }
        let mut separator = b'{';
        let mut put = |place: usize, arena: &mut BytesMut| {
            let Member { label, form, .. } = &members[place];
            arena.put_u8(std::mem::replace(&mut separator, b','));
            arena.put_slice(label);
            write::value(&values[place], *form, *zero_dates, arena).map_err(|why| (place, why))
        };
        match is_key {
            true => key.iter().try_for_each(|place| put(*place, arena))?,
            false => (0..values.len()).try_for_each(|place| put(place, arena))?,
        }
        arena.put_slice(if envelope.is_some() { b"}}" } else { b"}" });
        Ok(arena.split().freeze())
    }

    /// What can be written of a row: an object without an envelope.
    fn failed(&mut self, values: &[Value], place: usize, why: Why) -> FailedRow {
        let key = match self.key.is_empty() {
            true => None,
            false => self.object(values, true).ok(),
        };
        let Self { members, arena, zero_dates, .. } = self;
        arena.clear();
        arena.put_u8(b'{');
        for (value, Member { label, form, .. }) in values.iter().zip(members.iter()) {
            let start = arena.len();
            if start > 1 {
                arena.put_u8(b',');
            }
            arena.put_slice(label);
            if write::value(value, *form, *zero_dates, arena).is_err() {
                arena.truncate(start);
            }
        }
        arena.put_u8(b'}');
        let column = Some(members[place].name.clone());
        FailedRow { key, value: arena.split().freeze(), column, reason: why.to_owned() }
    }
}

/// The schemas of key and value.
fn envelope(
    columns: &[Column],
    members: &[Member],
    key: &[usize],
    wanted: &Wanted<'_>,
) -> Envelope {
    let gives_null = wanted.style.zero_dates == ZeroDates::Null;
    let field = |place: usize| {
        let form = members[place].form;
        Field { column: &columns[place], form, is_optional: gives_null && form.is_date() }
    };
    Envelope {
        key: schema::opening(key.iter().map(|place| field(*place)), None),
        value: schema::opening((0..columns.len()).map(field), Some(wanted.name)),
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
