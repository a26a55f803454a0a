//! Messages with a meaning of their own: moments, wrappers, JSON values, decimals.

use super::meaning;
use super::plan::{Kind, Message, Special};
use super::scalars::{Walk, Written};
use super::scan::{Met, Range, Scalar};
use crate::format::wire::WireError;
use crate::values::decimal;
use crate::values::short::Short;

impl<'p> Walk<'p, '_, '_> {
    /// Writes a message by its meaning; `at` is where it begins.
    pub(super) fn special(
        &mut self,
        special: Special,
        message: &'p Message,
        all: &[Met],
        at: usize,
        depth: usize,
    ) -> Written {
        match special {
            Special::Timestamp => self.timestamp(message, all, at),
            Special::Duration => self.duration(message, all, at),
            Special::Wrapper | Special::Struct | Special::List => {
                self.field(message, &message.fields[0], all, depth)
            }
            Special::Value => match all.last() {
                Some(met) => {
                    let field = &message.fields[met.field as usize];
                    self.field(message, field, all, depth)
                }
                None => {
                    self.out.raw("null");
                    Ok(())
                }
            },
            Special::FieldMask => self.field_mask(all),
            Special::Date => self.date(message, all, at),
            Special::TimeOfDay => self.time(message, all, at),
            Special::Decimal => self.decimal(message, all, at),
            Special::Any => self.any(message, all, depth),
        }
    }

    /// The number in a field; zero if it is not there.
    fn int(&self, message: &Message, all: &[Met], field: usize) -> Result<i64, WireError> {
        let last = all.iter().rev().find(|met| met.field as usize == field);
        let Some(met) = last else { return Ok(0) };
        Ok(match self.plan.scalar(message.fields[field].kind, &mut self.wire(*met))? {
            Scalar::Int(number) => number,
            Scalar::Uint(number) => number as i64,
            _ => 0,
        })
    }

    fn timestamp(&mut self, message: &Message, all: &[Met], at: usize) -> Written {
        let [seconds, nanos] = [self.int(message, all, 0)?, self.int(message, all, 1)?];
        self.short(meaning::timestamp(seconds, nanos), at)
    }

    fn duration(&mut self, message: &Message, all: &[Met], at: usize) -> Written {
        let [seconds, nanos] = [self.int(message, all, 0)?, self.int(message, all, 1)?];
        self.short(meaning::duration(seconds, nanos), at)
    }

    fn date(&mut self, message: &Message, all: &[Met], at: usize) -> Written {
        let [year, month, day] =
            [self.int(message, all, 0)?, self.int(message, all, 1)?, self.int(message, all, 2)?];
        self.short(meaning::date(year, month, day), at)
    }

    fn time(&mut self, message: &Message, all: &[Met], at: usize) -> Written {
        let part = |field| self.int(message, all, field);
        let parts = [part(0)?, part(1)?, part(2)?, part(3)?];
        self.short(meaning::time_of_day(parts), at)
    }

    fn short(&mut self, text: Result<Short, &'static str>, at: usize) -> Written {
        match text {
            Ok(text) => {
                self.out.string(&text);
                Ok(())
            }
            Err(what) => self.fail(at, what),
        }
    }

    fn decimal(&mut self, message: &Message, all: &[Met], at: usize) -> Written {
        let unscaled = match all.iter().rev().find(|met| met.field == 0) {
            Some(met) => self.plan.scalar(Kind::Bytes, &mut self.wire(*met))?,
            None => Scalar::Bytes(&[]),
        };
        let (Scalar::Bytes(unscaled), Ok(scale)) =
            (unscaled, i32::try_from(self.int(message, all, 2)?))
        else {
            return self.fail(at, "a decimal has no valid scale");
        };
        let out = &mut *self.out;
        match decimal::with_text(unscaled, scale, |digits| out.raw(digits)) {
            Ok(()) => Ok(()),
            Err(what) => self.fail(at, what),
        }
    }

    /// The paths in one text.
    fn field_mask(&mut self, all: &[Met]) -> Written {
        let mut paths = String::new();
        for met in all {
            if let Scalar::Text(path) = self.plan.scalar(Kind::Text, &mut self.wire(*met))? {
                paths.push_str(if paths.is_empty() { "" } else { "," });
                paths.push_str(path);
            }
        }
        self.out.string(&paths);
        Ok(())
    }

    /// A message of a type that it names; its bytes, if the schema does not have the type.
    fn any(&mut self, message: &'p Message, all: &[Met], depth: usize) -> Written {
        let last = |field: usize| all.iter().rev().find(|met| met.field as usize == field);
        let url = match last(0) {
            Some(met) => self.plan.scalar(message.fields[0].kind, &mut self.wire(*met))?,
            None => Scalar::Text(""),
        };
        let Scalar::Text(url) = url else { return Ok(()) };
        let name = url.rsplit('/').next().unwrap_or_default();
        self.out.raw("{\"@type\":");
        self.out.string(url);
        let range = match last(1) {
            Some(met) => met.range(message, self.bytes)?,
            None => Range { at: 0, end: 0 },
        };
        let Some(&index) = self.plan.names.get(name) else {
            self.out.raw(",\"value\":");
            self.out.base64(&self.bytes[range.at..range.end]);
            self.out.raw("}");
            return Ok(());
        };
        let inner = &self.plan.messages[index];
        if inner.special.is_some() {
            self.out.raw(",\"value\":");
            self.message(index, &[range], depth + 1)?;
            self.out.raw("}");
            return Ok(());
        }
        let met = self.found(inner, &[range], depth + 1)?;
        let begin = self.out.text.len();
        self.object(inner, &met, depth + 1)?;
        // Its members follow the type within one object.
        let is_empty = self.out.text.len() == begin + 2;
        self.out.text.replace_range(begin..=begin, if is_empty { "" } else { "," });
        Ok(())
    }
}
