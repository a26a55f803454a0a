//! Encodes cells by the type of their column. Literals and parameters use the same bytes.
//!
//! A value that its column would not store without loss is refused here. The server checks everything else.

use std::net::{Ipv4Addr, Ipv6Addr};

use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::Cause;
use sluice_bridge::values::binary::{base64, uuid, write_uuid};
use sluice_bridge::values::number::Reason;
use sluice_sql::append::shown;
use sluice_sql::cells::{digits, only_text};

use crate::types::column::ColumnType;
use crate::types::enum_labels;
use crate::types::form::{Codec, Form};
use crate::types::length::Length;
use crate::values::geometry;
use crate::values::moment;
use crate::values::number;
use crate::values::spelled::Spelled;
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
) -> Result<Spelled, Cause> {
    if !cell.is_value() {
        return Ok(Spelled::Null);
    }
    let start = out.len();
    payload(cell, &column.form, out).map_err(|why| {
        out.truncate(start);
        Cause::mismatch(&column.name, &column.shown, cell.kind(), why)
    })
}

fn payload(cell: Cell<'_>, form: &Form, out: &mut Vec<u8>) -> Result<Spelled, Reason> {
    match &form.codec {
        Codec::Integer { least, greatest } => {
            number::whole(digits(cell)?, *least, *greatest, out)?;
            return Ok(Spelled::Number);
        }
        Codec::Decimal(room) => {
            number::decimal(digits(cell)?, *room, out)?;
            return Ok(Spelled::Number);
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
        Codec::Double(room) => number::double(digits(cell)?, *room, out)?,
        // Text becomes a JSON string, even if it contains a JSON document.
        Codec::Json => cell.write_json(&mut |piece| out.extend(piece.as_bytes())),
        Codec::Binary(length) => {
            let start = out.len();
            bytes(only_text(cell)?, *length, out)?;
            // Padded as the server stores it, so that a key is found.
            out.resize(start + *length as usize, 0);
            return Ok(Spelled::Bytes);
        }
        Codec::Bytes(most) => {
            bytes(only_text(cell)?, *most, out)?;
            return Ok(Spelled::Bytes);
        }
        _ => return rare(cell, form, out),
    }
    Ok(Spelled::Text)
}

/// The same for rare types. If this function were inlined, all other types would become slower.
#[inline(never)]
fn rare(cell: Cell<'_>, form: &Form, out: &mut Vec<u8>) -> Result<Spelled, Reason> {
    match &form.codec {
        Codec::Bool { least, greatest } => {
            match cell {
                Cell::Bool(truth) => out.push(b'0' + u8::from(truth)),
                _ => number::whole(digits(cell)?, *least, *greatest, out)?,
            }
            return Ok(Spelled::Number);
        }
        Codec::Bits(length) => {
            match cell {
                Cell::Bool(truth) => out.push(b'0' + u8::from(truth)),
                Cell::Text(text) => shown(number::of_bits(text, *length)?, out),
                _ => number::whole(digits(cell)?, 0, u64::MAX >> (64 - length), out)?,
            }
            return Ok(Spelled::Number);
        }
        Codec::Year => {
            number::year(digits(cell)?, out)?;
            return Ok(Spelled::Number);
        }
        Codec::Vector => {
            vector::write(cell, out)?;
            return Ok(Spelled::Bytes);
        }
        Codec::Float(room) => number::single(digits(cell)?, *room, out)?,
        Codec::Time => moment::time(cell, form, out)?,
        Codec::Enum(known) => out.extend(enum_labels::one(any(cell), known)?.as_bytes()),
        Codec::Set(known) => out.extend(enum_labels::several(any(cell), known)?.as_bytes()),
        Codec::Geometry(reference) => return geometry::write(cell, *reference, out),
        Codec::Uuid => write_uuid(uuid(only_text(cell)?)?, out),
        Codec::Inet4 => {
            let address: Result<Ipv4Addr, _> = only_text(cell)?.parse();
            shown(address.map_err(|_| "the text is not an IPv4 address")?, out);
        }
        Codec::Inet6 => {
            let address: Result<Ipv6Addr, _> = only_text(cell)?.parse();
            shown(address.map_err(|_| "the text is not an IPv6 address")?, out);
        }
        // The other types are encoded above.
        _ => out.extend(any(cell).as_bytes()),
    }
    Ok(Spelled::Text)
}

/// The text of any value.
fn any(cell: Cell<'_>) -> &str {
    cell.as_text().unwrap_or_default()
}

fn characters(cell: Cell<'_>, length: Length) -> Result<&str, Reason> {
    let text = any(cell);
    if length.is_exceeded(text) { Err("the text is too long") } else { Ok(text) }
}

fn bytes(text: &str, most: u64, out: &mut Vec<u8>) -> Result<(), Reason> {
    let start = out.len();
    base64(text, out)?;
    if (out.len() - start) as u64 > most { Err("the value is too long") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use sluice_sql::cells::WRONG_KIND;

    use super::*;
    use crate::types::column::tests::column;
    use crate::types::described::Described;

    fn sent(described: Described<'_>, cell: Cell<'_>) -> Result<(Spelled, Vec<u8>), Cause> {
        let mut out = b"before".to_vec();
        let spelled = encode(cell, &column(described), &mut out);
        assert!(spelled.is_ok() || out == b"before");
        spelled.map(|spelled| (spelled, out.split_off(6)))
    }

    #[test]
    fn cells_by_type() {
        let of = |data_type, column_type| Described {
            data_type,
            column_type,
            octets: Some(3),
            precision: Some(3),
            ..Described::default()
        };
        let text = Cell::Text;
        for (described, cell, spelled, bytes) in [
            (of("int", "int"), Cell::Null, Spelled::Null, &b""[..]),
            (of("int", "int"), Cell::Number("-7"), Spelled::Number, b"-7"),
            (of("tinyint", "tinyint(1)"), Cell::Bool(true), Spelled::Number, b"1"),
            (of("bit", "bit(3)"), text("101"), Spelled::Number, b"5"),
            (of("year", "year"), Cell::Number("2026"), Spelled::Number, b"2026"),
            (of("double", "double"), Cell::Number("0.1"), Spelled::Text, b"0.1"),
            (of("blob", "blob"), text("AP8="), Spelled::Bytes, &[0, 0xff]),
            (of("json", "json"), text("{}"), Spelled::Text, b"\"{}\""),
            (of("json", "json"), Cell::Json("{}"), Spelled::Text, b"{}"),
            (of("json", "json"), Cell::Bool(true), Spelled::Text, b"true"),
            (of("enum", "enum('7')"), Cell::Number("7"), Spelled::Text, b"7"),
            (of("set", "set('a','b')"), text("b,a"), Spelled::Text, b"b,a"),
            (of("inet4", "inet4"), text("10.0.0.1"), Spelled::Text, b"10.0.0.1"),
            (of("xmltype", "xmltype"), Cell::Json("[1]"), Spelled::Text, b"[1]"),
        ] {
            let name = described.data_type;
            assert_eq!(sent(described, cell), Ok((spelled, bytes.to_vec())), "{name} {cell:?}");
        }
        for (described, cell, why) in [
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
            let cause = sent(described, cell).unwrap_err();
            assert!(cause.message.contains(why), "{cause:?}");
            assert_eq!(cause.expected.as_deref(), Some(described.column_type));
        }
    }
}
