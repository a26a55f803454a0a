//! Reads a payload by its plan, and writes it as JSON.

use super::plan::{AvroPlan, Record, Type};
use crate::format::json_text::{JsonText, TOO_LONG};
use crate::format::logical::Logical;
use crate::format::undecodable::{MOST_DEEP, TOO_DEEP, Undecodable};
use crate::format::wire::{Wire, WireError};
use crate::values::binary;
use crate::values::decimal;

type Written = Result<(), Undecodable>;

impl AvroPlan {
    /// Reads a whole payload. With `bare_bytes`, `bytes` at the top have no length before them.
    ///
    /// # Errors
    /// The payload is not what the schema says, or goes on after the value.
    pub(crate) fn decode(&self, payload: &[u8], bare_bytes: bool) -> Result<JsonText, Undecodable> {
        let (mut wire, mut out) = (Wire::new(payload), JsonText::default());
        match &self.nodes[self.root].ty {
            Type::Bytes(_) if bare_bytes => out.base64(payload),
            Type::Decimal { scale, size: None, .. } if bare_bytes => {
                write_decimal(payload, *scale, 0, &mut out)?;
            }
            _ => {
                Walk { plan: self, wire: &mut wire, out: &mut out }.value(self.root, 0)?;
                if wire.left() > 0 {
                    return Ok(wire.fail("bytes follow the value")?);
                }
            }
        }
        Ok(out)
    }
}

impl AvroPlan {
    /// Writes bytes that are a value of a type.
    ///
    /// # Errors
    /// They are none.
    pub(super) fn write_fixed(&self, index: usize, bytes: &[u8], out: &mut JsonText) -> Written {
        Walk { plan: self, wire: &mut Wire::new(bytes), out }.value(index, 0)
    }
}

pub(super) struct Walk<'p, 'w, 'e> {
    pub(super) plan: &'p AvroPlan,
    pub(super) wire: &'w mut Wire<'e>,
    pub(super) out: &'w mut JsonText,
}

impl<'e> Walk<'_, '_, 'e> {
    pub(super) fn value(&mut self, index: usize, depth: usize) -> Written {
        let plan = self.plan;
        match &plan.nodes[index].ty {
            Type::Union(branches) => {
                let branch = self.branch(branches)?;
                return self.value(branch, depth);
            }
            Type::Array(_) | Type::Map(_) | Type::Record(_) if depth == MOST_DEEP => {
                self.wire.fail(TOO_DEEP)?;
            }
            Type::Array(items) => self.array(*items, depth + 1)?,
            Type::Map(values) => self.map(*values, depth + 1)?,
            Type::Record(record) => self.record(record, depth + 1)?,
            single => self.single(single)?,
        }
        Ok(())
    }

    /// A value that has no parts.
    fn single(&mut self, ty: &Type) -> Written {
        match ty {
            Type::Null => self.out.raw("null"),
            Type::Boolean => {
                let truth = self.truth()?;
                self.out.number(truth);
            }
            Type::Int(_) => {
                let number = self.int()?;
                self.out.number(number);
            }
            Type::Long => {
                let number = self.wire.zigzag()?;
                self.out.number(number);
            }
            Type::Float => self.out.float32(f32::from_le_bytes(self.wire.array()?)),
            Type::Double => self.out.float(f64::from_le_bytes(self.wire.array()?)),
            Type::Bytes(_) => {
                let bytes = self.bytes()?;
                self.out.base64(bytes);
            }
            Type::Text(_) => {
                let text = self.text()?;
                self.out.string(text);
            }
            Type::Fixed(size) => self.out.base64(self.wire.take(*size)?),
            Type::Enum(symbols) => {
                let symbol = self.symbol(symbols)?;
                self.out.string(symbol);
            }
            Type::Decimal { scale, size, .. } => {
                let bytes = self.decimal_bytes(*size)?;
                write_decimal(bytes, *scale, self.wire.at(), self.out)?;
            }
            Type::Count { is_int, is_local, of } => {
                let text = self.count(*is_int, *is_local, *of)?;
                self.out.string(&text);
            }
            Type::Duration => self.duration()?,
            Type::Uuid => {
                let mut text = Vec::new();
                binary::write_uuid(self.wire.array()?, &mut text);
                self.out.string(&String::from_utf8_lossy(&text));
            }
            Type::Array(_) | Type::Map(_) | Type::Record(_) | Type::Union(_) | Type::Open => {
                self.wire.fail("its type is not defined")?;
            }
        }
        Ok(())
    }

    pub(super) fn truth(&mut self) -> Result<bool, WireError> {
        match self.wire.array()? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => self.wire.fail("a boolean is neither 0 nor 1"),
        }
    }

    pub(super) fn symbol<'s>(&mut self, symbols: &'s [Box<str>]) -> Result<&'s str, WireError> {
        let index = usize::try_from(self.int()?).ok();
        match index.and_then(|index| symbols.get(index)) {
            Some(symbol) => Ok(symbol),
            None => self.wire.fail("an enum has an index without a symbol"),
        }
    }

    pub(super) fn branch(&mut self, branches: &[usize]) -> Result<usize, WireError> {
        let index = usize::try_from(self.wire.zigzag()?).ok();
        match index.and_then(|index| branches.get(index)) {
            Some(branch) => Ok(*branch),
            None => self.wire.fail("a union has an index without a branch"),
        }
    }

    pub(super) fn int(&mut self) -> Result<i32, WireError> {
        match i32::try_from(self.wire.zigzag()?) {
            Ok(number) => Ok(number),
            Err(_) => self.wire.fail("an int has more than 32 bits"),
        }
    }

    pub(super) fn bytes(&mut self) -> Result<&'e [u8], WireError> {
        match usize::try_from(self.wire.zigzag()?) {
            Ok(length) => self.wire.take(length),
            Err(_) => self.wire.fail("a length is negative"),
        }
    }

    /// The bytes of an unscaled integer: as many as the type has, or as a length says.
    pub(super) fn decimal_bytes(&mut self, size: Option<usize>) -> Result<&'e [u8], WireError> {
        match size {
            Some(size) => self.wire.take(size),
            None => self.bytes(),
        }
    }

    pub(super) fn text(&mut self) -> Result<&'e str, WireError> {
        match simdutf8::basic::from_utf8(self.bytes()?) {
            Ok(text) => Ok(text),
            Err(_) => self.wire.fail("a string is not UTF-8"),
        }
    }

    pub(super) fn count(
        &mut self,
        is_int: bool,
        is_local: bool,
        of: Logical,
    ) -> Result<String, WireError> {
        let count = if is_int { self.int()?.into() } else { self.wire.zigzag()? };
        match of.text_of(count) {
            Ok(text) if is_local => Ok(text.trim_end_matches('Z').to_owned()),
            Ok(text) => Ok(text),
            Err(what) => self.wire.fail(what),
        }
    }

    /// ISO 8601: `P1M2DT0.003S`. None of the three is converted into another.
    fn duration(&mut self) -> Result<(), WireError> {
        let [months, days, millis] =
            [self.wire.array()?, self.wire.array()?, self.wire.array()?].map(u32::from_le_bytes);
        let (seconds, rest) = (millis / 1000, millis % 1000);
        let fraction = match rest {
            0 => String::new(),
            rest => format!(".{rest:03}").trim_end_matches('0').to_owned(),
        };
        self.out.number(format_args!("\"P{months}M{days}DT{seconds}{fraction}S\""));
        Ok(())
    }

    fn record(&mut self, record: &Record, depth: usize) -> Written {
        for (nth, field) in record.fields.iter().enumerate() {
            self.out.raw(if nth == 0 { "{" } else { "," });
            self.out.raw(&field.label);
            self.value(field.ty, depth).map_err(|wrong| wrong.in_field(&field.name))?;
        }
        self.out.raw(if record.fields.is_empty() { "{}" } else { "}" });
        self.check()
    }

    fn array(&mut self, items: usize, depth: usize) -> Written {
        self.out.raw("[");
        let mut nth = 0;
        while let Some(count) = self.block()? {
            for _ in 0..count {
                self.out.raw(if nth == 0 { "" } else { "," });
                self.value(items, depth).map_err(|wrong| wrong.in_item(nth))?;
                self.check()?;
                nth += 1;
            }
        }
        self.out.raw("]");
        Ok(())
    }

    fn map(&mut self, values: usize, depth: usize) -> Written {
        self.out.raw("{");
        let mut nth = 0;
        while let Some(count) = self.block()? {
            for _ in 0..count {
                self.out.raw(if nth == 0 { "" } else { "," });
                let key = self.text()?;
                self.out.string(key);
                self.out.raw(":");
                self.value(values, depth).map_err(|wrong| wrong.in_item(nth))?;
                self.check()?;
                nth += 1;
            }
        }
        self.out.raw("}");
        Ok(())
    }

    /// The number of items in the next block; `None` at the end. A negative one is followed by the
    /// size of the block, which only helps to skip it.
    fn block(&mut self) -> Result<Option<u64>, WireError> {
        let count = self.wire.zigzag()?;
        if count < 0 && self.wire.zigzag()? < 0 {
            return self.wire.fail("the size of a block is negative");
        }
        Ok((count != 0).then_some(count.unsigned_abs()))
    }

    fn check(&self) -> Written {
        if self.out.fits() { Ok(()) } else { Ok(self.wire.fail(TOO_LONG)?) }
    }
}

/// Writes the digits of an unscaled integer.
///
/// # Errors
/// It has too many.
pub(super) fn write_decimal(bytes: &[u8], scale: i32, at: usize, out: &mut JsonText) -> Written {
    match decimal::from_bytes(bytes, scale) {
        Ok(digits) => {
            out.raw(&digits);
            Ok(())
        }
        Err(what) => Err(Undecodable { path: String::new(), at, what }),
    }
}
