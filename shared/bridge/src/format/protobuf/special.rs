//! Messages with a meaning of their own: moments, wrappers, JSON values, decimals.

use super::plan::{Kind, Message, Special};
use super::scan::{Met, Range, Scalar};
use super::walk::{Walk, Written};
use crate::format::wire::WireError;
use crate::values::calendar;
use crate::values::decimal;

/// The first and the last second of the years 1 to 9999 (`google/protobuf/timestamp.proto`).
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// Ten thousand years (`google/protobuf/duration.proto`).
const MOST_SECONDS: i64 = 315_576_000_000;
const NANOS: i64 = 1_000_000_000;

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
        if !SECONDS.contains(&seconds) || !(0..NANOS).contains(&nanos) {
            return self.fail(at, "a timestamp is out of range");
        }
        self.out.string(&calendar::instant(seconds, nanos));
        Ok(())
    }

    fn duration(&mut self, message: &Message, all: &[Met], at: usize) -> Written {
        let [seconds, nanos] = [self.int(message, all, 0)?, self.int(message, all, 1)?];
        let is_one_sign = seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0);
        if seconds.abs_diff(0) > MOST_SECONDS as u64 || nanos.abs() >= NANOS || !is_one_sign {
            return self.fail(at, "a duration is out of range");
        }
        let is_negative = seconds < 0 || nanos < 0;
        self.out.string(&calendar::span(is_negative, seconds.abs(), nanos.abs()));
        Ok(())
    }

    fn date(&mut self, message: &Message, all: &[Met], at: usize) -> Written {
        let [year, month, day] =
            [self.int(message, all, 0)?, self.int(message, all, 1)?, self.int(message, all, 2)?];
        match calendar::days(year, month, day).filter(|_| (1..=9999).contains(&year)) {
            Some(days) => {
                self.out.string(&calendar::date(days));
                Ok(())
            }
            None => self.fail(at, "a date is not a day of the calendar"),
        }
    }

    fn time(&mut self, message: &Message, all: &[Met], at: usize) -> Written {
        let part = |field| self.int(message, all, field);
        let [hours, minutes, seconds, nanos] = [part(0)?, part(1)?, part(2)?, part(3)?];
        let count = ((hours * 60 + minutes) * 60 + seconds) * NANOS + nanos;
        let is_valid = (0..=24).contains(&hours)
            && (0..60).contains(&minutes)
            && (0..60).contains(&seconds)
            && (0..NANOS).contains(&nanos)
            && count <= 86_400 * NANOS;
        if !is_valid {
            return self.fail(at, "a time is not one of a day");
        }
        self.out.string(&calendar::time(count, calendar::Unit::Nanos));
        Ok(())
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
        match decimal::from_bytes(unscaled, scale) {
            Ok(digits) => {
                self.out.raw(&digits);
                Ok(())
            }
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
