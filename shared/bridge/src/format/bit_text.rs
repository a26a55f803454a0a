//! Bits and geometries as text. What declares them is not known here.

use crate::values::binary;
use crate::values::number::Reason;

/// How many zeros bits may leave out at their end: a declared length of two thousand million is an
/// attack.
const MOST_LEFT_OUT: usize = 65_536;
/// The length that Debezium gives `bit varying`.
const UNLIMITED_BITS: usize = i32::MAX as usize;

/// Writes bits as text; the first one is the last in the bytes.
///
/// # Errors
/// The declared length does not fit.
pub(crate) fn bits(bytes: &[u8], length: usize) -> Result<String, Reason> {
    let bit = |place: usize| bytes.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1);
    let last = (0..bytes.len() * 8).rev().find(|place| bit(*place)).map_or(0, |place| place + 1);
    let length = match length {
        // The number of leading zeros of a `bit varying` is unknown.
        0 | UNLIMITED_BITS => last,
        length if length < last => return Err("it has more bits than declared"),
        length if length > bytes.len() * 8 + MOST_LEFT_OUT => {
            return Err("it has fewer bits than declared");
        }
        length => length,
    };
    Ok((0..length).rev().map(|place| if bit(place) { '1' } else { '0' }).collect())
}

/// Well-known binary as hexadecimal text, with its spatial reference (PostGIS, "EWKB").
///
/// # Errors
/// It is not well-known binary, or its reference has more than 32 bits.
pub(crate) fn extended_binary(binary: &[u8], reference: Option<i64>) -> Result<String, Reason> {
    const HAS_REFERENCE: u8 = 0x20;
    let (Some(&order), Some(kind)) = (binary.first(), binary.get(1..5)) else {
        return Err("it is not well-known binary");
    };
    let little = order == 1;
    let mut kind = kind.to_vec();
    let flags = &mut kind[if little { 3 } else { 0 }];
    let mut extended = vec![order];
    match reference.map(i32::try_from) {
        Some(Ok(srid)) if *flags & HAS_REFERENCE == 0 => {
            *flags |= HAS_REFERENCE;
            extended.extend(&kind);
            extended.extend(if little { srid.to_le_bytes() } else { srid.to_be_bytes() });
        }
        Some(Err(_)) => return Err("its spatial reference is out of range"),
        _ => extended.extend(&kind),
    }
    extended.extend(&binary[5..]);
    Ok(binary::to_hexadecimal(&extended))
}
