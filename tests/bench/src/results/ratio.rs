//! Runs of ours and of theirs over the same rows, as one figure.

use crate::results::figures::Figure;
use crate::results::median::Spread;

/// How many times as fast as theirs ours is; the runs are in seconds. `least` is what it must be.
#[must_use]
pub fn ratio(
    id: &str,
    what: &str,
    against: &str,
    rows: u64,
    ours: Vec<f64>,
    theirs: Vec<f64>,
    least: f64,
) -> Figure {
    let (ours, theirs) = (Spread::of(ours), Spread::of(theirs));
    let seconds = |it: Spread| format!("{:.2} s ({:.2}–{:.2})", it.median, it.least, it.most);
    let detail = format!(
        "{rows} rows, {:.0} rows/s; {} against {}",
        rows as f64 / ours.median,
        seconds(ours),
        seconds(theirs)
    );
    Figure::new(id, what, theirs.median / ours.median, "×")
        .against(against)
        .at_least(least, least)
        .detail(detail)
}
