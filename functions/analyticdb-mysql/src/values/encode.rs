//! Encodes cells by the type of their column. Literals and parameters use the same bytes.
//!
//! A value that its column would not store without loss is refused here. The server checks everything else.

use std::net::{Ipv4Addr, Ipv6Addr};

use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::Cause;
use sluice_bridge::values::binary::{base64, uuid, write_uuid};
use sluice_bridge::values::number::Reason;
use sluice_sql::append::display;
use sluice_sql::cells::{digits, only_text};

use crate::types::column::ColumnType;
use crate::types::enum_labels;
use crate::types::form::{Codec, Form};
use crate::types::text_limit::TextLimit;
use crate::values::encoded_kind::EncodedKind;
use crate::values::geometry;
use crate::values::moment;
use crate::values::number;
use crate::values::vector;

/// Appends a cell, which must not be absent.
///
/// # Errors
/// The column does not accept it; `out` is then unchanged.
#[inline]
pub(crate) fn encode(
    cell: Cell<'_>,
    column: &ColumnType,
    out: &mut Vec<u8>,
) -> Result<EncodedKind, Cause> {
    if !cell.is_value() {
        return Ok(EncodedKind::Null);
    }
    let start = out.len();
    payload(cell, &column.form, out).map_err(|why| {
        out.truncate(start);
        Cause::mismatch(&column.name, &column.shown, cell.kind(), why)
    })
}

fn payload(cell: Cell<'_>, form: &Form, out: &mut Vec<u8>) -> Result<EncodedKind, Reason> {
    match &form.codec {
        Codec::Integer { min, max } => {
            number::whole(digits(cell)?, *min, *max, out)?;
            return Ok(EncodedKind::Number);
        }
        Codec::Decimal(limits) => {
            number::decimal(digits(cell)?, *limits, out)?;
            return Ok(EncodedKind::Number);
        }
        Codec::Text(length) => {
            let text = characters(cell, *length)?;
            // The server drops trailing blanks too, and finds a key only without them.
            let text = if form.is_char { text.trim_end_matches(' ') } else { text };
            out.extend(text.as_bytes());
        }
        Codec::Datetime => moment::datetime(cell, form, out)?,
        Codec::Timestamp => moment::timestamp(cell, form, out)?,
        Codec::Date => moment::date(cell, form, out)?,
        // As text, which the server reads as a float. It would read a number as a decimal.
        Codec::Double(limits) => number::double(digits(cell)?, *limits, out)?,
        // Text becomes a JSON string, even if it contains a JSON document.
        Codec::Json => cell.write_json(&mut |piece| out.extend(piece.as_bytes())),
        Codec::Binary(length) => {
            let start = out.len();
            bytes(only_text(cell)?, *length, out)?;
            // Padded as the server stores it, so that a key is found.
            out.resize(start + *length as usize, 0);
            return Ok(EncodedKind::Bytes);
        }
        Codec::Bytes(max) => {
            bytes(only_text(cell)?, *max, out)?;
            return Ok(EncodedKind::Bytes);
        }
        _ => return rare(cell, form, out),
    }
    Ok(EncodedKind::Text)
}

/// The same for rare types. If this function were inlined, all other types would become slower.
#[inline(never)]
fn rare(cell: Cell<'_>, form: &Form, out: &mut Vec<u8>) -> Result<EncodedKind, Reason> {
    match &form.codec {
        Codec::Bool { min, max } => {
            match cell {
                Cell::Bool(truth) => out.push(b'0' + u8::from(truth)),
                _ => number::whole(digits(cell)?, *min, *max, out)?,
            }
            return Ok(EncodedKind::Number);
        }
        Codec::Bits(length) => {
            match cell {
                Cell::Bool(truth) => out.push(b'0' + u8::from(truth)),
                Cell::Text(text) => display(number::of_bits(text, *length)?, out),
                _ => number::whole(digits(cell)?, 0, u64::MAX >> (64 - length), out)?,
            }
            return Ok(EncodedKind::Number);
        }
        Codec::Year => {
            number::year(digits(cell)?, out)?;
            return Ok(EncodedKind::Number);
        }
        Codec::Vector => {
            vector::write(cell, out)?;
            return Ok(EncodedKind::Bytes);
        }
        Codec::Float(limits) => number::single(digits(cell)?, *limits, out)?,
        Codec::Time => moment::time(cell, form, out)?,
        Codec::Enum(known) => out.extend(enum_labels::check_label(any(cell), known)?.as_bytes()),
        Codec::Set(known) => out.extend(enum_labels::check_labels(any(cell), known)?.as_bytes()),
        Codec::Geometry(reference) => return geometry::write(cell, *reference, out),
        Codec::Uuid => write_uuid(uuid(only_text(cell)?)?, out),
        Codec::Inet4 => {
            let address: Result<Ipv4Addr, _> = only_text(cell)?.parse();
            display(address.map_err(|_| "the text is not an IPv4 address")?, out);
        }
        Codec::Inet6 => {
            let address: Result<Ipv6Addr, _> = only_text(cell)?.parse();
            display(address.map_err(|_| "the text is not an IPv6 address")?, out);
        }
        // The other types are encoded above.
        _ => out.extend(any(cell).as_bytes()),
    }
    Ok(EncodedKind::Text)
}

/// The text of any value.
fn any(cell: Cell<'_>) -> &str {
    cell.as_text().unwrap_or_default()
}

fn characters(cell: Cell<'_>, length: TextLimit) -> Result<&str, Reason> {
    let text = any(cell);
    if length.is_exceeded(text) { Err("the text is too long") } else { Ok(text) }
}

fn bytes(text: &str, max: u64, out: &mut Vec<u8>) -> Result<(), Reason> {
    let start = out.len();
    base64(text, out)?;
    if (out.len() - start) as u64 > max { Err("the value is too long") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use sluice_sql::cells::WRONG_KIND;

    use super::*;
    use crate::types::catalog_type::CatalogType;
    use crate::types::column::tests::column;

    fn sent(
        catalog_type: CatalogType<'_>,
        cell: Cell<'_>,
    ) -> Result<(EncodedKind, Vec<u8>), Cause> {
        let mut out = b"before".to_vec();
        let kind = encode(cell, &column(catalog_type), &mut out);
        assert!(kind.is_ok() || out == b"before");
        kind.map(|kind| (kind, out.split_off(6)))
    }

    #[test]
    fn cells_by_type() {
        let of = |data_type, column_type| CatalogType {
            data_type,
            column_type,
            octets: Some(3),
            precision: Some(3),
            ..CatalogType::default()
        };
        let text = Cell::Text;
        for (catalog_type, cell, kind, bytes) in [
            (of("int", "int"), Cell::Null, EncodedKind::Null, &b""[..]),
            (of("int", "int"), Cell::Number("-7"), EncodedKind::Number, b"-7"),
            (of("tinyint", "tinyint(1)"), Cell::Bool(true), EncodedKind::Number, b"1"),
            (of("bit", "bit(3)"), text("101"), EncodedKind::Number, b"5"),
            (of("year", "year"), Cell::Number("2026"), EncodedKind::Number, b"2026"),
            (of("double", "double"), Cell::Number("0.1"), EncodedKind::Text, b"0.1"),
            (of("blob", "blob"), text("AP8="), EncodedKind::Bytes, &[0, 0xff]),
            (of("json", "json"), text("{}"), EncodedKind::Text, b"\"{}\""),
            (of("json", "json"), Cell::Json("{}"), EncodedKind::Text, b"{}"),
            (of("json", "json"), Cell::Bool(true), EncodedKind::Text, b"true"),
            (of("enum", "enum('7')"), Cell::Number("7"), EncodedKind::Text, b"7"),
            (of("set", "set('a','b')"), text("b,a"), EncodedKind::Text, b"b,a"),
            (of("inet4", "inet4"), text("10.0.0.1"), EncodedKind::Text, b"10.0.0.1"),
            (of("xmltype", "xmltype"), Cell::Json("[1]"), EncodedKind::Text, b"[1]"),
        ] {
            let name = catalog_type.data_type;
            assert_eq!(sent(catalog_type, cell), Ok((kind, bytes.to_vec())), "{name} {cell:?}");
        }
        for (catalog_type, cell, why) in [
            (of("int", "int"), Cell::Bool(true), WRONG_KIND),
            (of("int", "int"), Cell::Json("{}"), WRONG_KIND),
            (of("blob", "blob"), Cell::Number("1"), WRONG_KIND),
            (of("blob", "tinyblob"), text("AAAAAA=="), "too long"),
            (of("bit", "bit(3)"), Cell::Number("8"), "out of range"),
            (of("bit", "bit(3)"), text("1000"), "more bits"),
            (of("enum", "enum('a')"), text("1"), "not a label"),
            (of("uuid", "uuid"), text("x"), "not a UUID"),
            (of("inet6", "inet6"), text("1.2.3.4"), "not an IPv6"),
        ] {
            let cause = sent(catalog_type, cell).unwrap_err();
            assert!(cause.message.contains(why), "{cause:?}");
            assert_eq!(cause.expected.as_deref(), Some(catalog_type.column_type));
        }
    }
}
