//! Converts a value from the client into the item that is compared.

use mysql_async::Value;
use sluice_bridge::compare::canonical::Item;
use sluice_bridge::values::calendar;
use sluice_bridge::values::moment::{DAY, Moment};

use crate::compare::column::ColumnReader;
use crate::types::form::Codec;

const HOUR: i64 = 3_600_000_000;
const MINUTE: i64 = 60_000_000;
const SECOND: i64 = 1_000_000;

/// Passes the value to `take`. `None` if it is null.
pub(super) fn read<T>(
    value: &Value,
    reader: &ColumnReader,
    take: impl FnOnce(Item<'_>) -> T,
) -> Option<T> {
    Some(match value {
        Value::NULL => return None,
        Value::Int(integer) => take(Item::Integer((*integer).into())),
        Value::UInt(integer) => take(Item::Integer((*integer).into())),
        Value::Float(float) => take(Item::Single(*float)),
        Value::Double(float) => take(Item::Double(*float)),
        Value::Bytes(bytes) => read_bytes(bytes, reader, take),
        &Value::Date(year, month, day, hour, minute, second, micros) => {
            let clock = time(0, hour, minute, second, micros);
            match calendar::days(year.into(), month.into(), day.into()) {
                Some(days) if reader.codec == Codec::Date => take(Item::Date(days)),
                Some(days) => take_shown(days * DAY + clock, reader, take),
                // 0000-00-00 and invalid dates, which a server without a strict sql_mode accepts.
                None => {
                    let day = format!("{year:04}-{month:02}-{day:02}");
                    let clock = format!("{hour:02}:{minute:02}:{second:02}.{micros:06}");
                    let is_day = reader.codec == Codec::Date;
                    take(Item::Words(&if is_day { day } else { format!("{day} {clock}") }))
                }
            }
        }
        &Value::Time(is_negative, days, hours, minutes, seconds, micros) => {
            let size = time(days, hours, minutes, seconds, micros);
            take(Item::Time(if is_negative { -size } else { size }))
        }
    })
}

fn time(days: u32, hours: u8, minutes: u8, seconds: u8, micros: u32) -> i64 {
    i64::from(days) * DAY
        + i64::from(hours) * HOUR
        + i64::from(minutes) * MINUTE
        + i64::from(seconds) * SECOND
        + i64::from(micros)
}

/// A DATETIME is a local time of `db.timezone`, which is converted to an instant. A time that the zone skips
/// or has twice is kept as text.
fn take_shown<T>(shown: i64, reader: &ColumnReader, take: impl FnOnce(Item<'_>) -> T) -> T {
    let instant = match reader.codec {
        Codec::Datetime => reader.zone.instant(shown),
        _ => Ok(shown),
    };
    match instant {
        Ok(instant) => take(Item::Moment(instant)),
        Err(_) => take(Item::Words(&format!("{shown} by the clock"))),
    }
}

/// A value that arrives as bytes: text and bytes in the binary protocol, everything in the text protocol.
fn read_bytes<T>(bytes: &[u8], reader: &ColumnReader, take: impl FnOnce(Item<'_>) -> T) -> T {
    if let Codec::Bits(length) = reader.codec {
        return take(Item::Bits(&bits(bytes, length)));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return take(Item::Bytes(bytes)) };
    match &reader.codec {
        Codec::Integer { .. }
        | Codec::Bool { .. }
        | Codec::Year
        | Codec::Decimal(_)
        | Codec::Float(_)
        | Codec::Double(_) => take(Item::Decimal(text)),
        Codec::Binary(_) | Codec::Bytes(_) | Codec::Geometry(_) | Codec::Vector => {
            take(Item::Bytes(bytes))
        }
        Codec::Json => take(Item::Json(text)),
        Codec::Datetime | Codec::Timestamp => match Moment::parse(text) {
            Ok(Moment { days, micros, .. }) => take_shown(days * DAY + micros, reader, take),
            Err(_) => take(Item::Words(text)),
        },
        _ => take(Item::Text(text)),
    }
}

/// The last `length` bits of a number, highest first.
fn bits(bytes: &[u8], length: u32) -> String {
    let number = bytes.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    format!("{number:0width$b}", width = length as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::catalog_type::CatalogType;
    use crate::types::column::ColumnType;
    use crate::types::column::tests::conversion;

    fn shown(data_type: &str, zone: &str, value: &Value) -> Option<String> {
        let (column_type, precision, scale) = (data_type, Some(8), Some(2));
        let catalog_type =
            CatalogType { data_type, column_type, precision, scale, ..CatalogType::default() };
        let reader = ColumnReader::of(&ColumnType::of("c", catalog_type, false, &conversion(zone)));
        read(value, &reader, |item| format!("{item:?}"))
    }

    #[test]
    fn values_are_told_apart() {
        let noon = Value::Date(2026, 7, 1, 12, 0, 0, 5);
        let summer = "Moment(1782900000000005)";
        for (data_type, zone, value, expected) in [
            ("int", "UTC", Value::UInt(u64::MAX), "Integer(18446744073709551615)"),
            ("float", "UTC", Value::Float(0.1), "Single(0.1)"),
            ("bit", "UTC", Value::Bytes(vec![5]), "Bits(\"00000101\")"),
            ("date", "UTC", Value::Date(1970, 1, 2, 0, 0, 0, 0), "Date(1)"),
            ("date", "UTC", Value::Date(0, 0, 0, 0, 0, 0, 0), "Words(\"0000-00-00\")"),
            ("datetime", "Europe/Berlin", noon.clone(), summer),
            ("timestamp", "Europe/Berlin", noon, "Moment(1782907200000005)"),
            (
                "datetime",
                "Europe/Berlin",
                Value::Date(2026, 3, 29, 2, 30, 0, 0),
                "Words(\"1774751400000000 by the clock\")",
            ),
            ("time", "UTC", Value::Time(true, 1, 2, 0, 0, 0), "Time(-93600000000)"),
            ("blob", "UTC", Value::Bytes(b"a".to_vec()), "Bytes([97])"),
            ("decimal", "UTC", Value::Bytes(b"1.50".to_vec()), "Decimal(\"1.50\")"),
        ] {
            assert_eq!(shown(data_type, zone, &value).as_deref(), Some(expected), "{data_type}");
        }
        assert_eq!(shown("int", "UTC", &Value::NULL), None);
    }
}
