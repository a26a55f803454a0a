//! Encodes values in PostgreSQL's binary form, by the form of their type: a 32-bit length (−1 for null), then
//! the payload. Arrays are not encoded here, but their elements are.
//!
//! A value that its type would not store without loss is refused here. The server checks everything else.

use sluice_bridge::model::cell::Cell;
use sluice_bridge::values::binary::uuid;
use sluice_bridge::values::number::{Reason, SPACES, float, integer as integer_of, integer_text};
use sluice_sql::cells::{MILLIS, WRONG_KIND, digits, only_text};

use crate::types::form::{Codec, Form, TextLimit};
use crate::values::bytea;
use crate::values::hstore;
use crate::values::interval;
use crate::values::moment;
use crate::values::network;
use crate::values::number;
use crate::values::point;
use crate::values::range;
use crate::values::reason::NUL;
use crate::values::text_form::write_text;

/// Appends a cell, or an array's element, by the form of its type.
///
/// # Errors
/// The type does not accept it; `out` is then unchanged.
#[inline]
pub(crate) fn field(cell: Cell<'_>, form: &Form, out: &mut Vec<u8>) -> Result<(), Reason> {
    framed(cell, out, |out| payload(cell, form, out))
}

/// Appends the length and what `payload` appends.
///
/// # Errors
/// As `payload`; `out` is then unchanged.
#[inline]
pub(crate) fn framed<E>(
    cell: Cell<'_>,
    out: &mut Vec<u8>,
    payload: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    if !cell.is_value() {
        out.extend((-1_i32).to_be_bytes());
        return Ok(());
    }
    let start = out.len();
    out.extend([0; 4]);
    let written = payload(out);
    match &written {
        Ok(()) => {
            let length = (out.len() - start - 4) as i32;
            out[start..start + 4].copy_from_slice(&length.to_be_bytes());
        }
        Err(_) => out.truncate(start),
    }
    written
}

/// Appends a value without its length.
pub(crate) fn payload(cell: Cell<'_>, form: &Form, out: &mut Vec<u8>) -> Result<(), Reason> {
    match form.codec {
        Codec::Bool => out.push(u8::from(boolean(cell)?)),
        Codec::Int2 => out.extend(narrow::<i16>(integer(cell)?)?.to_be_bytes()),
        Codec::Int4 => out.extend(narrow::<i32>(integer(cell)?)?.to_be_bytes()),
        Codec::Int8 => out.extend(integer(cell)?.to_be_bytes()),
        Codec::Float4 => out.extend(float::<f32>(digits(cell)?)?.to_be_bytes()),
        Codec::Float8 => out.extend(float::<f64>(digits(cell)?)?.to_be_bytes()),
        Codec::Numeric => number::numeric(digits(cell)?, form.modifier, form.has_infinity, out)?,
        Codec::Bytea => bytea::read(only_text(cell)?, out)?,
        Codec::Uuid => out.extend(uuid(only_text(cell)?)?),
        Codec::Date => out.extend(date(cell, form)?.to_be_bytes()),
        Codec::Time => out.extend(time(cell, form)?.to_be_bytes()),
        Codec::Timestamp | Codec::Timestamptz => out.extend(instant(cell, form)?.to_be_bytes()),
        // Text becomes a JSON string, even if it contains a JSON document.
        Codec::Json => cell.write_json(&mut |piece| out.extend(piece.as_bytes())),
        Codec::Jsonb => {
            out.push(1);
            cell.write_json(&mut |piece| out.extend(piece.as_bytes()));
        }
        Codec::Text | Codec::Input => out.extend(characters(cell, form)?.as_bytes()),
        _ => rare(cell, form, out)?,
    }
    Ok(())
}

/// The same for rare types. If this function were inlined, all other types would become slower.
#[inline(never)]
fn rare(cell: Cell<'_>, form: &Form, out: &mut Vec<u8>) -> Result<(), Reason> {
    let Form { codec, modifier, has_infinity, places, .. } = *form;
    match codec {
        Codec::Oid => out.extend(narrow::<u32>(identifier(cell)?)?.to_be_bytes()),
        Codec::Money => out.extend(number::money(digits(cell)?, places)?.to_be_bytes()),
        Codec::Timetz => out.extend(moment::timetz(only_text(cell)?, modifier)?),
        Codec::Interval => interval::write(only_text(cell)?, modifier, has_infinity, out)?,
        Codec::Inet => network::address(only_text(cell)?, false, out)?,
        Codec::Cidr => network::address(only_text(cell)?, true, out)?,
        Codec::Macaddr => network::mac_address(only_text(cell)?, 6, out)?,
        Codec::Macaddr8 => network::mac_address(only_text(cell)?, 8, out)?,
        Codec::Range(Some(bounds)) => {
            let bound = Form { codec: *bounds, modifier: -1, limit: TextLimit::None, ..*form };
            range::write(only_text(cell)?, out, |written, out| {
                text(Cell::Text(written), &bound, out)
            })?;
        }
        Codec::Range(None) => {
            out.extend(characters(Cell::Text(only_text(cell)?), form)?.as_bytes());
        }
        Codec::Hstore => hstore::write(cell, out)?,
        Codec::Point => match point::text(cell)? {
            Some(text) => out.extend(text.as_bytes()),
            None => out.extend(characters(cell, form)?.as_bytes()),
        },
        Codec::Bits { .. } if matches!(cell, Cell::Bool(_)) => {
            out.push(b'0' + u8::from(boolean(cell)?));
        }
        Codec::Bits { .. } => out.extend(characters(cell, form)?.as_bytes()),
        // Arrays are encoded by their elements; the other types are encoded above.
        _ => return Err(WRONG_KIND),
    }
    Ok(())
}

/// Appends a value, which must not be null, as text that the server reads as the same value as the binary
/// form.
///
/// # Errors
/// The type does not accept it.
pub(crate) fn text(cell: Cell<'_>, form: &Form, out: &mut Vec<u8>) -> Result<(), Reason> {
    let start = out.len();
    payload(cell, form, out)?;
    let bytes = out.split_off(start);
    write_text(&bytes, cell.as_text().unwrap_or_default(), form, out)
}

fn boolean(cell: Cell<'_>) -> Result<bool, Reason> {
    match cell {
        Cell::Bool(truth) => Ok(truth),
        Cell::Number("1") => Ok(true),
        Cell::Number("0") => Ok(false),
        Cell::Text(word) => match word.trim_ascii().to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => Ok(true),
            "false" | "f" | "no" | "n" | "off" | "0" => Ok(false),
            _ => Err("the text is not a boolean"),
        },
        _ => Err(WRONG_KIND),
    }
}

fn integer(cell: Cell<'_>) -> Result<i64, Reason> {
    match cell {
        Cell::Number(digits) | Cell::Millis(digits) => integer_of(digits),
        Cell::Text(text) => integer_text(text),
        _ => Err(WRONG_KIND),
    }
}

fn narrow<T: TryFrom<i64>>(number: i64) -> Result<T, Reason> {
    number.try_into().map_err(|_| "out of range")
}

/// From PostgreSQL 16 on, the server reads a leading zero as octal.
fn identifier(cell: Cell<'_>) -> Result<i64, Reason> {
    if let Cell::Text(text) = cell {
        let digits = text.trim_matches(SPACES).trim_start_matches(['+', '-']);
        if digits.len() > 1 && digits.starts_with('0') {
            return Err("the number has a leading zero, which some servers read as octal");
        }
    }
    integer(cell)
}

/// The text of any value. The server cannot store a NUL character, and it cuts text that is too long without
/// an error if only blanks are too much or the type is `name`.
fn characters<'e>(cell: Cell<'e>, form: &Form) -> Result<&'e str, Reason> {
    let text = cell.as_text().unwrap_or_default();
    let too_long = match form.limit {
        TextLimit::None => false,
        TextLimit::Bytes(max) => text.len() > max,
        TextLimit::Characters(max) => text.len() > max && text.chars().count() > max,
    };
    match () {
        () if text.as_bytes().contains(&0) => Err(NUL),
        () if too_long => Err("the text is too long"),
        () => Ok(text),
    }
}

fn date(cell: Cell<'_>, form: &Form) -> Result<i32, Reason> {
    match cell {
        Cell::Number(digits) => moment::unix_date(digits, form.places),
        Cell::Millis(digits) => moment::unix_date(digits, MILLIS),
        Cell::Text(text) => moment::date(text),
        _ => Err(WRONG_KIND),
    }
}

fn time(cell: Cell<'_>, form: &Form) -> Result<i64, Reason> {
    match cell {
        Cell::Number(digits) => moment::unix_time(digits, form.places, form.modifier),
        Cell::Text(text) => moment::time(text, form.modifier),
        _ => Err(WRONG_KIND),
    }
}

fn instant(cell: Cell<'_>, form: &Form) -> Result<i64, Reason> {
    match cell {
        Cell::Number(digits) => moment::unix(digits, form.places, form.modifier),
        Cell::Millis(digits) => moment::unix(digits, MILLIS, form.modifier),
        Cell::Text(text) if form.codec == Codec::Timestamp => {
            moment::timestamp(text, form.modifier)
        }
        Cell::Text(text) => moment::timestamptz(text, form.modifier),
        _ => Err(WRONG_KIND),
    }
}
