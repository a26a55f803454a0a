//! Several runs of one thing.

use serde::{Deserialize, Serialize};

/// The median of some runs, and how far they lie apart.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

impl Spread {
    /// Of these runs, of which there is at least one.
    #[must_use]
    pub fn of(mut runs: Vec<f64>) -> Self {
        runs.sort_by(f64::total_cmp);
        let at = |place: usize| runs.get(place).copied().unwrap_or(f64::NAN);
        Self { median: at(runs.len() / 2), least: at(0), most: at(runs.len().saturating_sub(1)) }
    }
}
