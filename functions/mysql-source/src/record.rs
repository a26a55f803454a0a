//! Rows as records: plain JSON, one member for each column in the table's order, with every digit.
//!
//! Values come over the binary protocol: its text has only six digits of a FLOAT.

mod form;
mod write;

use std::collections::HashMap;

use bytes::{BufMut, Bytes, BytesMut};
use mysql_async::{Column, Row, Value};
use sluice_source::error::SourceError;
use sluice_source::position::Position;
use sluice_source::source::SourceRecord;

pub(crate) use form::{Form, ZERO_DATES, ZeroDates};

use crate::moment;

/// What the catalog knows of columns and a result does not tell, by name.
pub(crate) type Hints = HashMap<String, Form>;

/// How rows of one result become records.
pub(crate) struct Plan {
    members: Vec<Member>,
    key: Vec<usize>,
    id: Option<usize>,
    time: Option<usize>,
    /// Microseconds to take off a wall clock.
    offset: i64,
    zero_dates: ZeroDates,
    arena: BytesMut,
}

struct Member {
    name: String,
    /// The name as JSON, and a colon.
    label: Vec<u8>,
    form: Form,
}

/// What a row is read for.
pub(crate) struct Wanted<'a> {
    pub(crate) key: &'a [String],
    /// The column of ids, if the order needs one.
    pub(crate) id: Option<&'a str>,
    pub(crate) time: Option<&'a str>,
    pub(crate) offset: i64,
    pub(crate) zero_dates: ZeroDates,
}

const ARENA: usize = 256 * 1024;

impl Plan {
    /// For a result with these columns.
    ///
    /// # Errors
    /// The column that orders the rows is gone.
    pub(crate) fn of(
        columns: &[Column],
        hints: &Hints,
        wanted: &Wanted<'_>,
    ) -> Result<Self, SourceError> {
        let member = |column: &Column| {
            let name = column.name_str().into_owned();
            let mut label = serde_json::Value::from(name.as_str()).to_string().into_bytes();
            label.push(b':');
            let form = hints.get(&name).copied().unwrap_or_else(|| Form::of(column));
            Member { name, label, form }
        };
        let members: Vec<Member> = columns.iter().map(member).collect();
        let place =
            |name: &str| members.iter().position(|member| member.name.eq_ignore_ascii_case(name));
        let required = |name: Option<&str>| match name.map(|name| (name, place(name))) {
            Some((name, None)) => Err(SourceError::stop(format!(
                "column `{name}`, which orders the rows, is gone or invisible"
            ))),
            found => Ok(found.and_then(|(_, place)| place)),
        };
        let key: Option<Vec<usize>> = wanted.key.iter().map(|name| place(name)).collect();
        Ok(Self {
            id: required(wanted.id)?,
            time: required(wanted.time)?,
            // A key of which a column cannot be seen tells no rows apart.
            key: key.unwrap_or_default(),
            offset: wanted.offset,
            zero_dates: wanted.zero_dates,
            members,
            arena: BytesMut::with_capacity(ARENA),
        })
    }

    /// A row as a record, and its position.
    ///
    /// # Errors
    /// A value cannot be told; the column is named, and the key.
    pub(crate) fn record(&mut self, row: Row) -> Result<(Position, SourceRecord), SourceError> {
        let values = row.unwrap();
        let position = self.position(&values)?;
        let key = match self.key.is_empty() {
            true => None,
            false => Some(self.object(&values, true)?),
        };
        let value = self.object(&values, false)?;
        let timestamp = position.time.map(|time| time.div_euclid(1_000));
        Ok((position, SourceRecord { key, value, timestamp }))
    }

    fn position(&self, values: &[Value]) -> Result<Position, SourceError> {
        let column = |place: usize| self.members[place].name.as_str();
        let id = match self.id {
            None => None,
            Some(place) => Some(id(&values[place]).ok_or_else(|| {
                SourceError::stop(format!(
                    "an id in column `{}` is no whole number up to 9223372036854775807",
                    column(place)
                ))
            })?),
        };
        let time = match self.time {
            None => None,
            Some(place) => Some(moment::micros(&values[place]).ok_or_else(|| {
                SourceError::stop(format!(
                    "a timestamp in column `{}` is no day of the calendar",
                    column(place)
                ))
            })?),
        };
        Ok(Position { time: time.map(|time| time - self.offset), id })
    }

    fn object(&mut self, values: &[Value], is_key: bool) -> Result<Bytes, SourceError> {
        let Self { members, key, arena, zero_dates, .. } = self;
        let mut separator = b'{';
        let mut put = |place: usize, arena: &mut BytesMut| {
            let Member { name, label, form } = &members[place];
            arena.put_u8(std::mem::replace(&mut separator, b','));
            arena.put_slice(label);
            write::value(&values[place], *form, *zero_dates, arena).map_err(|why| {
                SourceError::stop(format!("a value in column `{name}` cannot be told: {why}"))
            })
        };
        match is_key {
            true => key.iter().try_for_each(|place| put(*place, arena))?,
            false => (0..values.len()).try_for_each(|place| put(place, arena))?,
        }
        arena.put_u8(b'}');
        Ok(arena.split().freeze())
    }
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
