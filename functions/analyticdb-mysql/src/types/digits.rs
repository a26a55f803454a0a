//! How many digits a column of decimals holds, or one of floats that is declared so.

use sluice_bridge::values::number::{NOT_A_NUMBER, Plain, Reason};

/// What is said of a number that the server would round.
pub(crate) const BEYOND_SCALE: Reason = "it would lose digits beyond the column's scale";

/// How many digits a `DECIMAL(M,D)` holds, or a float that is declared so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    before: usize,
    pub(crate) after: usize,
    is_unsigned: bool,
}

impl Room {
    /// From `NUMERIC_PRECISION` and `NUMERIC_SCALE`; `None` where the catalog has no scale.
    pub(crate) fn of(
        precision: Option<u64>,
        scale: Option<u64>,
        is_unsigned: bool,
    ) -> Option<Self> {
        let after = scale? as usize;
        let before = (precision? as usize).saturating_sub(after);
        Some(Self { before, after, is_unsigned })
    }

    /// A float with as many places as the column keeps: in digits, and what they are.
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
