//! Decodes a value from the bytes that the server sends ("send" functions of its types:
//! `src/backend/utils/adt`).

use std::error::Error;

use sluice_bridge::compare::canonical::Item;
use sluice_bridge::model::failure::SinkError;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};

use crate::compare::column::{ColumnReader, WireFormat};

/// Days and microseconds from 1970-01-01 to 2000-01-01, which is the server's epoch.
const EPOCH_DAYS: i64 = 10_957;
const EPOCH_MICROS: i64 = EPOCH_DAYS * DAY;
const DAY: i64 = 86_400_000_000;

struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The bytes of a column; `None` for null.
pub(super) fn raw(row: &Row, position: usize) -> Result<Option<&[u8]>, SinkError> {
    let raw: Result<Option<Raw<'_>>, _> = row.try_get(position);
    raw.map(|raw| raw.map(|Raw(bytes)| bytes)).map_err(|_| unreadable("a column"))
}

/// Decodes a value.
///
/// # Errors
/// The bytes do not match the column's type.
pub(super) fn item<'v>(bytes: &'v [u8], reader: &ColumnReader) -> Result<Item<'v>, SinkError> {
    read(bytes, reader.format).ok_or_else(|| unreadable(&reader.name))
}

fn unreadable(column: &str) -> SinkError {
    SinkError::fatal(format!("column \"{column}\" has an unknown binary format"))
}

fn read(bytes: &[u8], format: WireFormat) -> Option<Item<'_>> {
    let text = || std::str::from_utf8(bytes).ok();
    Some(match format {
        WireFormat::Bool => Item::Boolean(*bytes.first()? != 0),
        WireFormat::Int2 => Item::Integer(i16::from_be_bytes(all(bytes)?).into()),
        WireFormat::Int4 => Item::Integer(i32::from_be_bytes(all(bytes)?).into()),
        WireFormat::Int8 => Item::Integer(i64::from_be_bytes(all(bytes)?).into()),
        WireFormat::Oid => Item::Integer(u32::from_be_bytes(all(bytes)?).into()),
        WireFormat::Float4 => Item::Single(f32::from_be_bytes(all(bytes)?)),
        WireFormat::Float8 => Item::Double(f64::from_be_bytes(all(bytes)?)),
        WireFormat::Decimal => Item::Decimal(text()?),
        WireFormat::Text => Item::Text(text()?),
        WireFormat::Bytes => Item::Bytes(bytes),
        WireFormat::Uuid => Item::Uuid(all(bytes)?),
        WireFormat::Json => Item::Json(text()?),
        WireFormat::Bits => Item::Bits(text()?),
        WireFormat::Address => Item::Text(address(text()?)),
        WireFormat::Words => Item::Words(text()?),
        _ => read_time(bytes, format)?,
    })
}

fn read_time(bytes: &[u8], format: WireFormat) -> Option<Item<'_>> {
    Some(match format {
        WireFormat::Date => match i32::from_be_bytes(all(bytes)?) {
            i32::MAX => Item::Words("infinity"),
            i32::MIN => Item::Words("-infinity"),
            days => Item::Date(i64::from(days) + EPOCH_DAYS),
        },
        WireFormat::Time => Item::Time(i64::from_be_bytes(all(bytes)?)),
        WireFormat::Timetz => {
            let (micros, west) = bytes.split_first_chunk()?;
            let west = i64::from(i32::from_be_bytes(all(west)?)) * 1_000_000;
            Item::Time((i64::from_be_bytes(*micros) + west).rem_euclid(DAY))
        }
        WireFormat::Moment => match i64::from_be_bytes(all(bytes)?) {
            i64::MAX => Item::Words("infinity"),
            i64::MIN => Item::Words("-infinity"),
            micros => Item::Moment(micros.checked_add(EPOCH_MICROS)?),
        },
        WireFormat::Interval => {
            let (micros, rest) = bytes.split_first_chunk()?;
            let (days, months) = rest.split_first_chunk()?;
            Item::Interval {
                months: i32::from_be_bytes(all(months)?).into(),
                days: i32::from_be_bytes(*days).into(),
                micros: i64::from_be_bytes(*micros),
            }
        }
        _ => return None,
    })
}

fn all<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

/// Removes a prefix length that covers the whole address, as the server does when it shows an `inet`.
fn address(text: &str) -> &str {
    let whole = if text.contains(':') { "/128" } else { "/32" };
    text.strip_suffix(whole).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_apart() {
        let micros = |micros: i64| micros.to_be_bytes().to_vec();
        for (format, bytes, item) in [
            (WireFormat::Int2, vec![0xff, 0xfe], Item::Integer(-2)),
            (WireFormat::Date, 0_i32.to_be_bytes().to_vec(), Item::Date(10_957)),
            (WireFormat::Date, i32::MAX.to_be_bytes().to_vec(), Item::Words("infinity")),
            (WireFormat::Moment, micros(0), Item::Moment(946_684_800_000_000)),
            (WireFormat::Moment, micros(i64::MIN), Item::Words("-infinity")),
            (WireFormat::Timetz, [micros(0), vec![0, 0, 0, 1]].concat(), Item::Time(1_000_000)),
            (
                WireFormat::Timetz,
                [micros(0), (-1_i32).to_be_bytes().to_vec()].concat(),
                Item::Time(86_399_000_000),
            ),
            (WireFormat::Address, b"10.0.0.1/32".to_vec(), Item::Text("10.0.0.1")),
            (WireFormat::Address, b"::1/128".to_vec(), Item::Text("::1")),
            (WireFormat::Address, b"10.0.0.0/8".to_vec(), Item::Text("10.0.0.0/8")),
        ] {
            assert_eq!(read(&bytes, format), Some(item));
        }
        let interval = [micros(5), vec![0, 0, 0, 3], vec![0, 0, 0, 2]].concat();
        let expected = Item::Interval { months: 2, days: 3, micros: 5 };
        assert_eq!(read(&interval, WireFormat::Interval), Some(expected));
        assert_eq!(read(&[1], WireFormat::Int8), None);
    }
}
