//! Writes elements of an array as text that the server reads as the same value as the binary form.

use sluice_bridge::values::binary::write_hexadecimal;
use sluice_bridge::values::number::Reason;
use sluice_sql::append::{clock, display};

use crate::types::form::{Codec, Form};
use crate::values::interval;
use crate::values::moment;

/// Appends a value, which must not be null. `bytes` is its binary payload, `text` its original text.
///
/// # Errors
/// The type does not accept it.
pub(crate) fn write_text(
    bytes: &[u8],
    text: &str,
    form: &Form,
    out: &mut Vec<u8>,
) -> Result<(), Reason> {
    match form.codec {
        Codec::Bool => out.push(if bytes == [1] { b't' } else { b'f' }),
        Codec::Int2 | Codec::Int4 | Codec::Int8 => display(integer(bytes), out),
        Codec::Oid => display(integer(bytes) as u32, out),
        Codec::Money => money(integer(bytes), form.places, out),
        Codec::Float4 => display(format_args!("{:e}", f32::from_bits(integer(bytes) as u32)), out),
        Codec::Float8 => display(format_args!("{:e}", f64::from_bits(integer(bytes) as u64)), out),
        Codec::Bytea => {
            out.extend(b"\\x");
            write_hexadecimal(bytes, out);
        }
        Codec::Date => moment::write_date(integer(bytes) as i32, out),
        Codec::Time => clock(integer(bytes), out),
        Codec::Timetz => {
            let (micros, seconds_west) = bytes.split_at(8);
            clock(integer(micros), out);
            moment::write_offset(-integer(seconds_west) / 60, out);
        }
        Codec::Timestamp => moment::write_timestamp(integer(bytes), "", out),
        Codec::Timestamptz => moment::write_timestamp(integer(bytes), "+00", out),
        Codec::Interval => interval::write_text(text, form.modifier, form.has_infinity, out)?,
        // The server reads the original text in the same way.
        Codec::Numeric
        | Codec::Uuid
        | Codec::Inet
        | Codec::Cidr
        | Codec::Macaddr
        | Codec::Macaddr8 => out.extend(text.as_bytes()),
        // The first byte is a version.
        Codec::Jsonb => out.extend(&bytes[1..]),
        Codec::Json
        | Codec::Text
        | Codec::Array
        | Codec::Bits { .. }
        | Codec::Hstore
        | Codec::Point
        | Codec::Range(_)
        | Codec::Input => {
            out.extend(bytes);
        }
    }
    Ok(())
}

/// A big-endian number of up to eight bytes.
fn integer(bytes: &[u8]) -> i64 {
    let sign = if bytes.first().is_some_and(|first| *first >= 0x80) { -1 } else { 0 };
    bytes.iter().fold(sign, |number, byte| number << 8 | i64::from(*byte))
}

fn money(smallest: i64, places: u8, out: &mut Vec<u8>) {
    let one = 10_u64.pow(places.into());
    let (sign, size) = (if smallest < 0 { "-" } else { "" }, smallest.unsigned_abs());
    let (whole, rest, width) = (size / one, size % one, usize::from(places));
    match places {
        0 => display(format_args!("{sign}{whole}"), out),
        _ => display(format_args!("{sign}{whole}.{rest:0width$}"), out),
    }
}
