//! SQL literals for the canonical texts of key values. The texts come from outside: a text that does not
//! match its column's type is refused, and no part of it can become SQL.

use sluice_bridge::compare::canonical::Item;
use sluice_bridge::compare::{Class, Tolerance, canonical};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::values::binary::to_hexadecimal;
use sluice_bridge::values::moment::{DAY, Moment};

use crate::compare::column::ColumnReader;
use crate::types::form::Codec;

/// The SQL literal of a value.
///
/// # Errors
/// The text does not match the column's type.
pub(super) fn literal(reader: &ColumnReader, text: &str) -> Result<String, SinkError> {
    let text = match reader.class {
        Class::Number | Class::Boolean => only(text, "0123456789.-").map(str::to_owned),
        Class::Text | Class::Char => {
            Some(format!("_utf8mb4 x'{}'", to_hexadecimal(text.as_bytes())))
        }
        Class::Bytes if text.is_empty() => Some("x''".to_owned()),
        Class::Bytes => only(text, "0123456789abcdef").map(|digits| format!("x'{digits}'")),
        Class::Uuid => only(text, "0123456789abcdef-").map(|digits| format!("'{digits}'")),
        Class::Date | Class::Time => only(text, "0123456789:.-").map(|text| format!("'{text}'")),
        Class::Moment => moment(reader, text),
        _ => None,
    };
    text.ok_or_else(|| {
        SinkError::fatal(format!(
            "the key's value for column \"{}\" does not match the column's type",
            reader.name
        ))
    })
}

fn only<'t>(text: &'t str, characters: &str) -> Option<&'t str> {
    let is_known = text.chars().all(|character| characters.contains(character));
    (is_known && !text.is_empty()).then_some(text)
}

/// A timestamp as the column returns it: a DATETIME in the local time of `db.timezone`, a TIMESTAMP in the
/// session's time zone, which is UTC.
fn moment(reader: &ColumnReader, text: &str) -> Option<String> {
    let Moment { days, micros, .. } = Moment::parse(text).ok()?;
    let instant = days.checked_mul(DAY)?.checked_add(micros)?;
    let shown = match reader.codec {
        Codec::Datetime => reader.zone.wall(instant).ok()?,
        _ => instant,
    };
    let mut out = Vec::new();
    canonical::write(Item::Moment(shown), Class::Moment, Tolerance::default(), &mut out);
    let shown = String::from_utf8(out).ok()?;
    Some(format!("'{}'", shown.replace('T', " ").trim_end_matches('Z')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::catalog_type::CatalogType;
    use crate::types::column::ColumnType;
    use crate::types::column::tests::conversion;

    fn reader(data_type: &str, charset: Option<&str>, zone: &str) -> ColumnReader {
        let column_type = data_type;
        let catalog_type =
            CatalogType { data_type, column_type, charset, ..CatalogType::default() };
        ColumnReader::of(&ColumnType::of("c", catalog_type, false, &conversion(zone)))
    }

    #[test]
    fn texts_become_literals_and_never_sql() {
        let literal_of =
            |data_type, charset, text| literal(&reader(data_type, charset, "UTC"), text);
        assert_eq!(literal_of("int", None, "-7").unwrap(), "-7");
        assert_eq!(literal_of("varchar", Some("utf8mb4"), "a'").unwrap(), "_utf8mb4 x'6127'");
        assert_eq!(literal_of("blob", None, "00ff").unwrap(), "x'00ff'");
        assert_eq!(literal_of("blob", None, "").unwrap(), "x''");
        assert_eq!(literal_of("date", None, "2026-11-20").unwrap(), "'2026-11-20'");
        for (data_type, text) in
            [("int", "1 OR 1"), ("int", ""), ("blob", "0'"), ("date", "1' --"), ("datetime", "x")]
        {
            let refused = literal_of(data_type, None, text).unwrap_err().to_string();
            assert!(!refused.contains(text) || text.is_empty(), "{refused}");
        }
    }

    #[test]
    fn moments_are_spelled_by_the_clocks_of_their_column() {
        let at = "2026-11-20T10:15:30.5Z";
        let literal_of = |data_type, zone| literal(&reader(data_type, None, zone), at).unwrap();
        assert_eq!(literal_of("datetime", "UTC"), "'2026-11-20 10:15:30.5'");
        assert_eq!(literal_of("datetime", "Europe/Berlin"), "'2026-11-20 11:15:30.5'");
        assert_eq!(literal_of("timestamp", "Europe/Berlin"), "'2026-11-20 10:15:30.5'");
    }
}
