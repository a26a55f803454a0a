//! Reads a payload by its plan, and writes it as JSON.

use super::plan::{Alternative, AvroPlan, Record, Type};
use super::scalars::Walk;
use crate::format::json_text::{JsonText, TOO_LONG};
use crate::format::undecodable::{MOST_DEEP, TOO_DEEP, Undecodable};
use crate::format::wire::Wire;
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

impl<'e> Walk<'_, '_, 'e> {
    pub(super) fn value(&mut self, index: usize, depth: usize) -> Written {
        let plan = self.plan;
        match &plan.nodes[index].ty {
            Type::Union(branches) => {
                let branch = self.branch(branches)?;
                return self.value(*branch, depth);
            }
            Type::Array(_) | Type::Map(_) | Type::Record(_) | Type::Choice(_)
                if depth == MOST_DEEP =>
            {
                self.wire.fail(TOO_DEEP)?;
            }
            Type::Array(items) => self.array(*items, depth + 1)?,
            Type::Map(values) => self.map(*values, depth + 1)?,
            Type::Record(record) => self.record(record, depth + 1)?,
            Type::Choice(all) => self.choice(all, depth + 1)?,
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
                self.out.truth(truth);
            }
            Type::Int(_) => {
                let number = self.int()?;
                self.out.integer(number.into());
            }
            Type::Long => {
                let number = self.wire.zigzag()?;
                self.out.integer(number);
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
            Type::Duration => {
                let text = self.duration()?;
                self.out.string(&text);
            }
            Type::Uuid => {
                let text = binary::uuid_text(self.wire.array()?);
                self.out.string(&text);
            }
            Type::Array(_)
            | Type::Map(_)
            | Type::Record(_)
            | Type::Union(_)
            | Type::Choice(_)
            | Type::Open => {
                self.wire.fail("its type is not defined")?;
            }
        }
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

    /// An object with a member for each type, of which one has a value.
    fn choice(&mut self, all: &[Alternative], depth: usize) -> Written {
        let chosen = self.branch(all)?.name.as_deref();
        if chosen.is_none() {
            self.out.raw("null");
            return Ok(());
        }
        let mut before = "{";
        for one in all.iter().filter(|one| one.name.is_some()) {
            self.out.raw(before);
            self.out.raw(&one.label);
            match (&one.name, chosen) {
                (Some(name), Some(chosen)) if **name == *chosen => {
                    self.value(one.ty, depth).map_err(|wrong| wrong.in_field(name))?;
                }
                _ => self.out.raw("null"),
            }
            before = ",";
        }
        self.out.raw("}");
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

    fn check(&self) -> Written {
        if self.out.fits() { Ok(()) } else { Ok(self.wire.fail(TOO_LONG)?) }
    }
}

/// Writes the digits of an unscaled integer.
///
/// # Errors
/// It has too many.
pub(super) fn write_decimal(bytes: &[u8], scale: i32, at: usize, out: &mut JsonText) -> Written {
    let written = decimal::with_text(bytes, scale, |digits| out.raw(digits));
    written.map_err(|what| Undecodable { path: String::new(), at, what })
}
