//! Adapts a value to its column. The text of some values does not say what they are: then their
//! declared type and the kind of the column decide together what they become, or they are refused.
//!
//! Nothing here knows what a column's type can hold, only what kind of values it takes.

use std::borrow::Cow;

use bumpalo::Bump;

use crate::format::logical;
use crate::json::scanner::Scanner;
use crate::json::syntax::Syntax;
use crate::json::value::Value;
use crate::model::cell::{Cell, Code};
use crate::model::table::{Column, Takes};
use crate::options::reading::{ByteText, JsonText, Reading};
use crate::values::binary;

/// The reason for a refusal.
pub(crate) type Reason = Cow<'static, str>;

/// What a value's column takes, and how options say to read the value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fit<'c> {
    takes: Takes,
    is_array: bool,
    /// Whether text is a JSON document.
    is_document: bool,
    /// Whether declared text is taken as it is.
    takes_text: bool,
    takes_moments: bool,
    reading: &'c Reading,
}

impl<'c> Fit<'c> {
    pub(crate) fn new(column: &Column, reading: &'c Reading) -> Self {
        let is_document = column.takes == Takes::Documents && reading.is_document(&column.name);
        let takes_text = !is_document && !column.is_array && column.takes != Takes::Bytes;
        let (takes, is_array) = (column.takes, column.is_array);
        let takes_moments = takes_text && !refuses_moments(takes);
        Self { takes, is_array, is_document, takes_text, takes_moments, reading }
    }

    /// Settles a cell of which nothing has to be found out, as nearly all; each copy of one costs time.
    /// `false` if this is another cell.
    #[inline(always)]
    pub(crate) fn settle_plain(&self, cell: &mut Cell<'_>) -> bool {
        match *cell {
            Cell::Coded(Code::String, text) if self.takes_text => {
                *cell = Cell::Text(text);
                true
            }
            Cell::Coded(Code::Moment, text) if self.takes_moments => {
                *cell = Cell::Text(text);
                true
            }
            Cell::Coded(..) | Cell::CodedItems(..) => false,
            Cell::Text(_) => !self.is_document,
            Cell::Json(_) => !self.is_document && !self.takes_shape(),
            _ => true,
        }
    }

    /// A cell as the sink gets it.
    ///
    /// # Errors
    /// The column takes other values, or it is not known what the value is.
    #[inline]
    pub(crate) fn settle<'e>(self, cell: Cell<'e>, arena: &'e Bump) -> Result<Cell<'e>, Reason> {
        match cell {
            Cell::Coded(code, text) if !self.is_array => self.one(code, text, arena),
            // It is the array in the target's own text form, or not an array.
            Cell::Coded(code, text) => whole(code, text, arena),
            Cell::CodedItems(code, text) if self.is_array && self.changes(code) => {
                self.items(code, text, arena)
            }
            Cell::CodedItems(_, text) => Ok(Cell::Json(text)),
            Cell::Text(text) if self.is_document && !self.is_array => document(text),
            Cell::Json(text) if self.takes_shape() && is_shape(text) => {
                match logical::geometry(cell, arena)? {
                    Cell::Coded(code, text) => self.one(code, text, arena),
                    other => Ok(other),
                }
            }
            Cell::Json(text) if self.is_document && self.is_array && text.starts_with('[') => {
                self.items(Code::String, text, arena)
            }
            plain => Ok(plain),
        }
    }

    fn one<'e>(self, code: Code, text: &'e str, arena: &'e Bump) -> Result<Cell<'e>, Reason> {
        match code {
            Code::BareNumber => self.bare_number(text),
            Code::BareText => self.bare_text(text, arena),
            Code::String => match self.takes {
                Takes::Bytes => self.bytes_of_text(text, arena),
                _ if self.is_document => document(text),
                _ => Ok(Cell::Text(text)),
            },
            Code::Moment if refuses_moments(self.takes) => Err(NO_MOMENT.into()),
            Code::Moment if self.is_document => document(text),
            Code::Moment => Ok(Cell::Text(text)),
            Code::Bytes => match self.takes {
                Takes::Documents if self.is_document => document(utf8(text, arena)?),
                Takes::Own => Ok(Cell::Coded(Code::Bytes, text)),
                Takes::Bytes | Takes::Documents | Takes::Any => Ok(Cell::Text(text)),
                Takes::Text | Takes::Geometries => utf8(text, arena).map(Cell::Text),
                Takes::Bits | Takes::VaryingBits | Takes::Numbers | Takes::Moments => {
                    Err(NO_BYTES.into())
                }
            },
            Code::Bits => match self.takes {
                Takes::Bytes => Ok(base64(&binary::of_bits(text), arena)),
                Takes::Numbers => number(text, arena),
                Takes::Moments => Err(NO_BITS.into()),
                Takes::VaryingBits => Ok(Cell::Text(without_padding(text))),
                _ => Ok(Cell::Text(text)),
            },
            Code::Geometry => match self.takes {
                Takes::Bytes => {
                    let mut binary = Vec::new();
                    binary::hexadecimal(text.as_bytes(), &mut binary)?;
                    Ok(base64(&binary, arena))
                }
                Takes::Bits | Takes::VaryingBits | Takes::Numbers | Takes::Moments => {
                    Err(NO_GEOMETRY.into())
                }
                _ => Ok(Cell::Text(text)),
            },
        }
    }

    fn bare_number(self, digits: &str) -> Result<Cell<'_>, Reason> {
        match self.takes {
            Takes::Moments if !self.reading.knows_unix => Err(NO_UNIT.into()),
            _ => Ok(Cell::Number(digits)),
        }
    }

    fn bare_text<'e>(self, text: &'e str, arena: &'e Bump) -> Result<Cell<'e>, Reason> {
        let may_be_base64 = || base64_simd::STANDARD.check(text.as_bytes()).is_ok();
        match self.takes {
            Takes::Numbers
                if !self.reading.text_is_digits && !text.is_empty() && may_be_base64() =>
            {
                Err(NO_DIGITS.into())
            }
            Takes::Bits | Takes::VaryingBits if !text.is_empty() && may_be_base64() => {
                Err(NO_BARE_BITS.into())
            }
            Takes::Bytes if self.reading.bytes != ByteText::Undeclared => {
                self.bytes_of_text(text, arena)
            }
            Takes::Documents if self.is_document => document(text),
            Takes::Documents if self.reading.json_text == JsonText::Unset => {
                Err(NO_DOCUMENT.into())
            }
            _ => Ok(Cell::Text(text)),
        }
    }

    /// Text that a schema declares as such, for a column of bytes.
    fn bytes_of_text<'e>(self, text: &'e str, arena: &'e Bump) -> Result<Cell<'e>, Reason> {
        match self.reading.bytes {
            ByteText::Undeclared => Err(NO_STRING.into()),
            ByteText::Base64 => Ok(Cell::Text(text)),
            ByteText::Base64UrlSafe => {
                let decoded = base64_simd::URL_SAFE.decode_to_vec(text);
                decoded.map(|bytes| base64(&bytes, arena)).map_err(|_| NOT_URL_SAFE.into())
            }
            ByteText::Hex => {
                let mut bytes = Vec::new();
                binary::hexadecimal(text.as_bytes(), &mut bytes)?;
                Ok(base64(&bytes, arena))
            }
        }
    }

    fn takes_shape(self) -> bool {
        matches!(self.takes, Takes::Geometries | Takes::Bytes) && !self.is_array
    }

    /// Whether items of this code may have to be converted.
    fn changes(self, code: Code) -> bool {
        !matches!(
            (code, self.takes),
            (_, Takes::Any | Takes::Own)
                | (Code::String | Code::BareText | Code::Moment, Takes::Text)
        )
    }

    /// Converts the items of an array one by one; nested arrays are its dimensions.
    fn items<'e>(self, code: Code, array: &'e str, arena: &'e Bump) -> Result<Cell<'e>, Reason> {
        let mut out = String::with_capacity(array.len());
        self.write_items(code, Value::Array(array), arena, &mut out)?;
        Ok(Cell::Json(arena.alloc_str(&out)))
    }

    fn write_items<'e>(
        self,
        code: Code,
        array: Value<'e>,
        arena: &'e Bump,
        out: &mut String,
    ) -> Result<(), Reason> {
        out.push('[');
        for (nth, item) in array.items().enumerate() {
            out.push_str(if nth == 0 { "" } else { "," });
            let cell = match item {
                Value::Array(_) if self.takes != Takes::Documents => {
                    self.write_items(code, item, arena, out)?;
                    continue;
                }
                item => Cell::from_json(item, arena)?,
            };
            let cell = match (cell, code) {
                (Cell::Number(digits), Code::BareText) => self.bare_number(digits)?,
                (Cell::Text(text), code) => self.one(code, text, arena)?,
                (other, _) => other,
            };
            cell.write_json(&mut |piece| out.push_str(piece));
        }
        out.push(']');
        Ok(())
    }
}

fn refuses_moments(takes: Takes) -> bool {
    use Takes::{Bits, Bytes, Geometries, Numbers, VaryingBits};
    matches!(takes, Bits | VaryingBits | Bytes | Numbers | Geometries)
}

/// Whether an object is a geometry as Debezium writes it. One with an `x` and a `y` is a point, and
/// the sinks read it.
fn is_shape(text: &str) -> bool {
    let value = Value::Object(text);
    text.starts_with('{')
        && matches!(value.member("wkb"), Some(Value::Text(_)))
        && value.members().all(|(name, _)| name.is("wkb") || name.is("srid"))
}

/// A value that is not an array, for a column of arrays.
fn whole<'e>(code: Code, text: &'e str, arena: &'e Bump) -> Result<Cell<'e>, Reason> {
    Ok(match code {
        Code::BareNumber => Cell::Number(text),
        Code::Bytes => Cell::Text(utf8(text, arena)?),
        _ => Cell::Text(text),
    })
}

fn document(text: &str) -> Result<Cell<'_>, Reason> {
    check_document(text).map(|()| Cell::Json(text)).map_err(Reason::from)
}

/// Whether text is a JSON document.
///
/// # Errors
/// What is wrong with it, and where.
pub(crate) fn check_document(text: &str) -> Result<(), String> {
    let mut scanner = Scanner::new(text);
    let checked = scanner.value().and_then(|_| scanner.end());
    checked.map_err(|Syntax { what, at }| format!("the text is not JSON: {what} (at byte {at})"))
}

/// Without the zeros that stand for bits the value may not have: a schema declares how many bits the column
/// may hold, and change capture does not send how many a value has.
fn without_padding(bits: &str) -> &str {
    let significant = bits.trim_start_matches('0');
    if significant.is_empty() { &bits[..bits.len().min(1)] } else { significant }
}

fn base64<'e>(bytes: &[u8], arena: &'e Bump) -> Cell<'e> {
    Cell::Text(arena.alloc_str(&base64_simd::STANDARD.encode_to_string(bytes)))
}

fn utf8<'e>(base64: &str, arena: &'e Bump) -> Result<&'e str, Reason> {
    let bytes = base64_simd::STANDARD.decode_to_vec(base64).map_err(|_| "it is not base64")?;
    let text = String::from_utf8(bytes).map_err(|_| NOT_UTF8)?;
    Ok(arena.alloc_str(&text))
}

/// The number that bits represent; the first digit is the highest.
fn number<'e>(bits: &str, arena: &'e Bump) -> Result<Cell<'e>, Reason> {
    const TOO_MANY: Reason = Cow::Borrowed("out of range");
    let digits = bits.trim_start_matches('0');
    let number = if digits.is_empty() { Ok(0) } else { u128::from_str_radix(digits, 2) };
    Ok(Cell::Number(arena.alloc_str(&number.map_err(|_| TOO_MANY)?.to_string())))
}

const NO_UNIT: &str = "a change event without a schema does not say which unit its number has: set unix.precision, or time.precision.mode=isostring at Debezium, or send schemas";
const NO_DIGITS: &str = "in a change event without a schema this text may be digits, or the base64 of a decimal: set decimal.handling.mode=string here and at Debezium, or send schemas";
const NO_BARE_BITS: &str =
    "in a change event without a schema this text may be bits, or the base64 of bits: send schemas";
const NO_DOCUMENT: &str = "a change event without a schema does not say whether its text is a JSON document or a JSON string: set json.text.columns, or send schemas";
const NO_STRING: &str = "a declared string is not bytes: declare bytes, or set binary.handling.mode to the encoding of the string";
const NO_BYTES: &str = "the declared type is bytes, which this column does not accept";
const NO_MOMENT: &str =
    "the declared type is a date, a time or a duration, which this column does not accept";
const NO_BITS: &str = "the declared type is bits, which this column does not accept";
const NO_GEOMETRY: &str = "the declared type is a geometry, which this column does not accept";
const NOT_UTF8: &str = "the declared bytes are not UTF-8 text";
const NOT_URL_SAFE: &str = "the text is not URL-safe base64";
