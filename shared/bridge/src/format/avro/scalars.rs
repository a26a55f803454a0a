//! Reads single values of a payload, and what is in front of nested ones.

use super::plan::AvroPlan;
use crate::format::json_text::JsonText;
use crate::format::logical::Logical;
use crate::format::wire::{Wire, WireError};
use crate::values::digits;
use crate::values::short::Short;

/// A payload that is being read by its plan, and the JSON that is written.
pub(super) struct Walk<'p, 'w, 'e> {
    pub(super) plan: &'p AvroPlan,
    pub(super) wire: &'w mut Wire<'e>,
    pub(super) out: &'w mut JsonText,
}

impl<'e> Walk<'_, '_, 'e> {
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

    #[inline]
    pub(super) fn branch<'b, B>(&mut self, branches: &'b [B]) -> Result<&'b B, WireError> {
        let index = usize::try_from(self.wire.zigzag()?).ok();
        match index.and_then(|index| branches.get(index)) {
            Some(branch) => Ok(branch),
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
    ) -> Result<Short, WireError> {
        let count = if is_int { self.int()?.into() } else { self.wire.zigzag()? };
        match of.text_of(count) {
            Ok(text) if is_local => Ok(text.without(b'Z')),
            Ok(text) => Ok(text),
            Err(what) => self.wire.fail(what),
        }
    }

    /// ISO 8601: `P1M2DT0.003S`. None of the three is converted into another.
    pub(super) fn duration(&mut self) -> Result<Short, WireError> {
        let [months, days, millis] =
            [self.wire.array()?, self.wire.array()?, self.wire.array()?].map(u32::from_le_bytes);
        let mut text = Short::new();
        let mut part = |before: &str, number: u32| {
            text.push(before);
            digits::of_unsigned(number.into(), |digits| text.push(digits));
        };
        part("P", months);
        part("M", days);
        part("DT", millis / 1000);
        let rest = millis % 1000;
        if rest > 0 {
            text.byte(b'.');
            text.byte(b'0' + (rest / 100) as u8);
            text.two(i64::from(rest % 100));
            text = text.without(b'0');
        }
        text.byte(b'S');
        Ok(text)
    }

    /// The number of items in the next block; `None` at the end. A negative one is followed by the
    /// size of the block, which only helps to skip it.
    pub(super) fn block(&mut self) -> Result<Option<u64>, WireError> {
        let count = self.wire.zigzag()?;
        if count < 0 && self.wire.zigzag()? < 0 {
            return self.wire.fail("the size of a block is negative");
        }
        Ok((count != 0).then_some(count.unsigned_abs()))
    }
}
