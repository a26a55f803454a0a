//! Ways that take turns, and the best round of each.

use std::error::Error;

pub(super) type Failed = Box<dyn Error + Sync + Send>;

/// How often each way is measured. The ways take turns, and the best round of each counts: other work on the
/// machine only makes rounds longer.
const ROUNDS: usize = 15;

/// Runs the ways in turn. Returns the most records a second of each.
pub(super) fn best<const N: usize>(
    mut round: impl FnMut(usize) -> Result<f64, Failed>,
) -> Result<[f64; N], Failed> {
    let mut best = [0.0_f64; N];
    for _ in 0..ROUNDS {
        for (way, best) in best.iter_mut().enumerate() {
            *best = best.max(round(way)?);
        }
    }
    Ok(best)
}

/// Nanoseconds for one record.
pub(super) fn nanos(rate: f64) -> String {
    format!("{:.0} ns", 1e9 / rate)
}
