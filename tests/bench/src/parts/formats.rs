//! Records that were written with a schema of a registry: what it costs to make rows of them, beside
//! the most used crates, and beside plain JSON of the same records.

mod payloads;
mod rivals;
mod rows;
mod whole;

use std::error::Error;

use crate::results::figures::Figure;
use crate::setting::database::Database;

type Failed = Box<dyn Error + Sync + Send>;

/// How often each way is measured. The ways take turns, and the best round of each counts: other work on the
/// machine only makes rounds longer.
const ROUNDS: usize = 15;

/// Both: from bytes to rows, and from an event to the bytes for the target.
///
/// # Errors
/// The table cannot be described, or two ways do not make the same rows.
pub async fn figures(database: &Database) -> Result<Vec<Figure>, Failed> {
    let mut figures = rows::figures()?;
    figures.extend(whole::figures(database).await?);
    Ok(figures)
}

/// Runs the ways in turn. Returns the most records a second of each.
fn best<const N: usize>(
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
fn nanos(rate: f64) -> String {
    format!("{:.0} ns", 1e9 / rate)
}
