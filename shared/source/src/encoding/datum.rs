//! A value on its way into bytes.

use std::borrow::Cow;

/// A value. Which of them a field takes is said by its kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum<'v> {
    /// No value.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number, or a count of days or of parts of a second.
    Int(i64),
    /// A whole number without a sign.
    Unsigned(u64),
    /// A float of 32 bits.
    Float(f32),
    /// A float of 64 bits.
    Double(f64),
    /// Text.
    Text(Cow<'v, str>),
    /// Bytes; of a decimal those of its digits without a point, two's complement, the highest first.
    Bytes(Cow<'v, [u8]>),
    /// Floats of 32 bits, each in four bytes, the lowest first.
    Floats(&'v [u8]),
    /// A geometry.
    Geometry {
        /// The spatial reference; 0 for none.
        srid: u32,
        /// Well-known binary.
        wkb: &'v [u8],
    },
}
