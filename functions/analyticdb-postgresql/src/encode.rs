//! Cells in PostgreSQL's binary form, by the type of their column. The same bytes serve COPY
//! and array parameters: a 32-bit length (−1 for null), then the payload.
//!
//! What a column cannot hold without loss is refused here; everything else the server judges.

use sluice_bridge::cell::Cell;
use sluice_bridge::failure::Cause;

use crate::column::{Codec, ColumnType, Limit};
use crate::moment;
use crate::number::{self, Why};

/// Appends a cell that is not absent.
///
/// # Errors
/// The column cannot hold it; `out` is then as it was.
pub(crate) fn encode(cell: Cell<'_>, column: &ColumnType, out: &mut Vec<u8>) -> Result<(), Cause> {
    if !cell.is_value() {
        out.extend((-1_i32).to_be_bytes());
        return Ok(());
    }
    let start = out.len();
    out.extend([0; 4]);
    match payload(cell, column, out) {
        Ok(()) => {
            let length = (out.len() - start - 4) as i32;
            out[start..start + 4].copy_from_slice(&length.to_be_bytes());
            Ok(())
        }
        Err(why) => {
            out.truncate(start);
            Err(Cause::mismatch(&column.name, &column.shown, cell.kind(), why))
        }
    }
}

const WRONG_KIND: Why = "it cannot hold this kind of value";

fn payload(cell: Cell<'_>, column: &ColumnType, out: &mut Vec<u8>) -> Result<(), Why> {
    let modifier = column.modifier;
    match column.codec {
        Codec::Bool => out.push(u8::from(boolean(cell)?)),
        Codec::Int2 => {
            out.extend(i16::try_from(integer(cell)?).map_err(|_| "out of range")?.to_be_bytes());
        }
        Codec::Int4 => {
            out.extend(i32::try_from(integer(cell)?).map_err(|_| "out of range")?.to_be_bytes());
        }
        Codec::Int8 => out.extend(integer(cell)?.to_be_bytes()),
        Codec::Float4 => out.extend(number::float::<f32>(digits(cell)?)?.to_be_bytes()),
        Codec::Float8 => out.extend(number::float::<f64>(digits(cell)?)?.to_be_bytes()),
        Codec::Numeric => number::numeric(digits(cell)?, modifier, column.has_infinity, out)?,
        Codec::Bytea => bytes(only_text(cell)?, out)?,
        Codec::Uuid => uuid(only_text(cell)?, out)?,
        Codec::Date => out.extend(moment::date(only_text(cell)?)?.to_be_bytes()),
        Codec::Time => out.extend(moment::time(only_text(cell)?, modifier)?.to_be_bytes()),
        Codec::Timestamp | Codec::Timestamptz => out.extend(instant(cell, column)?.to_be_bytes()),
        Codec::Json => json(cell, out),
        Codec::Jsonb => {
            out.push(1);
            json(cell, out);
        }
        Codec::Text | Codec::Input => out.extend(characters(cell, column)?.as_bytes()),
    }
    Ok(())
}

fn boolean(cell: Cell<'_>) -> Result<bool, Why> {
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

fn integer(cell: Cell<'_>) -> Result<i64, Why> {
    match cell {
        Cell::Number(digits) => number::integer(digits),
        Cell::Text(text) => number::integer_text(text),
        _ => Err(WRONG_KIND),
    }
}

fn digits(cell: Cell<'_>) -> Result<&str, Why> {
    match cell {
        Cell::Number(text) | Cell::Text(text) => Ok(text),
        _ => Err(WRONG_KIND),
    }
}

fn only_text(cell: Cell<'_>) -> Result<&str, Why> {
    match cell {
        Cell::Text(text) => Ok(text),
        _ => Err(WRONG_KIND),
    }
}

/// Any value has characters. The server cannot store a NUL; and what is too long it cuts in
/// silence where only blanks would go, or where the type is `name`.
fn characters<'e>(cell: Cell<'e>, column: &ColumnType) -> Result<&'e str, Why> {
    let text = cell.as_text().unwrap_or_default();
    let too_long = match column.limit {
        Limit::None => false,
        Limit::Bytes(most) => text.len() > most,
        Limit::Characters(most) => text.len() > most && text.chars().count() > most,
    };
    match () {
        () if text.as_bytes().contains(&0) => Err("it cannot hold a NUL character"),
        () if too_long => Err("the text is too long"),
        () => Ok(text),
    }
}

fn instant(cell: Cell<'_>, column: &ColumnType) -> Result<i64, Why> {
    match cell {
        Cell::Number(millis) => moment::from_epoch_millis(millis, column.modifier),
        Cell::Text(text) if column.codec == Codec::Timestamp => {
            moment::timestamp(text, column.modifier)
        }
        Cell::Text(text) => moment::timestamptz(text, column.modifier),
        _ => Err(WRONG_KIND),
    }
}

/// Base64 as everywhere in JSON, or the server's own `\x…`.
fn bytes(text: &str, out: &mut Vec<u8>) -> Result<(), Why> {
    if let Some(hex) = text.strip_prefix("\\x") {
        return hexadecimal(hex.as_bytes(), out).ok_or("the text is not hexadecimal");
    }
    base64_simd::STANDARD.decode_append(text.as_bytes(), out).map_err(|_| "the text is not base64")
}

fn uuid(text: &str, out: &mut Vec<u8>) -> Result<(), Why> {
    const WHY: Why = "the text is not a UUID";
    let inside = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let hyphens_fit = match inside.len() {
        32 => !inside.contains('-'),
        36 => [8, 13, 18, 23].iter().all(|&place| inside.as_bytes()[place] == b'-'),
        _ => false,
    };
    let hex: Vec<u8> = inside.bytes().filter(|byte| *byte != b'-').collect();
    if !hyphens_fit || hex.len() != 32 {
        return Err(WHY);
    }
    hexadecimal(&hex, out).ok_or(WHY)
}

fn hexadecimal(hex: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    if !hex.len().is_multiple_of(2) || !hex.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    out.extend(
        hex.chunks(2).filter_map(|pair| Some((digit(pair[0])? * 16 + digit(pair[1])?) as u8)),
    );
    Some(())
}

/// A JSON value stays what it is: text becomes a JSON string, not the document it may spell.
fn json(cell: Cell<'_>, out: &mut Vec<u8>) {
    let Cell::Text(text) = cell else {
        return out.extend(cell.as_text().unwrap_or_default().as_bytes());
    };
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            0..0x20 => out.extend(format!("\\u{byte:04x}").as_bytes()),
            plain => out.push(plain),
        }
    }
    out.push(b'"');
}
