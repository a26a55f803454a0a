//! The number of digits in a DECIMAL column, or in a FLOAT or DOUBLE with declared digits.

use sluice_bridge::values::number::{NOT_A_NUMBER, Plain, Reason};

/// The reason for a number that the server would round.
pub(crate) const BEYOND_SCALE: Reason =
    "the number has more digits after the decimal point than the column's scale";

/// The digits of a `DECIMAL(M,D)`, or of a FLOAT or DOUBLE with the same declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DecimalLimits {
    before: usize,
    pub(crate) after: usize,
    is_unsigned: bool,
}

impl DecimalLimits {
    /// From `NUMERIC_PRECISION` and `NUMERIC_SCALE`; `None` if the catalog has no scale.
    pub(crate) fn of(
        precision: Option<u64>,
        scale: Option<u64>,
        is_unsigned: bool,
    ) -> Option<Self> {
        let after = scale? as usize;
        let before = (precision? as usize).saturating_sub(after);
        Some(Self { before, after, is_unsigned })
    }

    /// Rounds a float to the column's scale. Returns its digits and its value.
    pub(crate) fn round(self, number: f64) -> Result<(String, f64), Reason> {
        let kept = format!("{number:.*}", self.after);
        self.check(&Plain::parse(&kept).ok_or(NOT_A_NUMBER)?)?;
        let value = kept.parse().map_err(|_| NOT_A_NUMBER)?;
        Ok((kept, value))
    }

    pub(crate) fn check(self, plain: &Plain<'_>) -> Result<(), Reason> {
        let is_zero = |digits: &str| digits.bytes().all(|digit| digit == b'0');
        let kept = self.after.min(plain.after.len());
        if !is_zero(&plain.after[kept..]) {
            return Err(BEYOND_SCALE);
        }
        let is_negative = plain.negative && !(plain.before.is_empty() && is_zero(&plain.after));
        if plain.before.len() > self.before || (is_negative && self.is_unsigned) {
            return Err("out of range");
        }
        Ok(())
    }
}
