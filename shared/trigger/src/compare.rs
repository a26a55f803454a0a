//! Compares a table with its copy through two functions, each of which reads its own database.
//!
//! First both functions describe their tables, and a plan says how each column is compared. Then
//! both read their tables once and answer with sums of hashes for each bucket; the bucket of a row
//! follows from the hash of its key, so the databases need not agree on an order. For the buckets
//! that differ both return their rows, a portion at a time, and the rows are compared. For rows
//! that differ both return every column; this also finds rows that have become equal in the
//! meantime. The memory depends on the size of a portion, not on the size of the tables.

mod comparison;
mod differ;
mod plan;
mod question;
mod recheck;
mod report;
mod side;

use std::sync::Arc;

use tokio::time::sleep;

use crate::observer::Observer;
use differ::differences;
use plan::Plan;
use question::Question;
use side::{Side, Sum, both};

pub use comparison::{Comparison, Depth, Table};
pub use report::{
    ColumnDifference, ColumnReport, ComparisonReport, Difference, DifferenceKind, SideReport,
};

/// The number of rows, of both sides together, that are compared at once.
const PORTION: u64 = 200_000;
/// About how many rows share a bucket, unless this would need too many buckets.
const ROWS_OF_BUCKET: u64 = 16;
/// The largest number of buckets that fit into an answer.
const MOST_BUCKETS: u64 = 65_536;

/// Compares two tables.
///
/// # Errors
/// A sentence that says what could not be compared, and why.
pub async fn compare(
    comparison: &Comparison,
    observer: &Arc<dyn Observer>,
) -> Result<ComparisonReport, String> {
    let mut source = Side::new("source", &comparison.source, observer);
    let mut copy = Side::new("copy", &comparison.copy, observer);
    let outcome = run(comparison, &mut source, &mut copy).await;
    source.stop().await;
    copy.stop().await;
    outcome
}

async fn run(
    comparison: &Comparison,
    source: &mut Side,
    copy: &mut Side,
) -> Result<ComparisonReport, String> {
    let (one, other) = both(source.describe(), copy.describe()).await?;
    let counts = [one.rows, other.rows];
    let plan = Plan::of(&one, &other, comparison)?;
    let mut outcome = ComparisonReport::new(comparison, &plan, counts);
    if comparison.depth == Depth::Counts {
        outcome.is_equal = counts[0] == counts[1];
        return Ok(outcome);
    }
    let buckets = buckets(counts);
    let sums = [0, 1].map(|side| Question::sums(&plan, comparison, side, buckets));
    let (one, other) = both(source.sums(&sums[0]), copy.sums(&sums[1])).await?;
    outcome.read([total(&one), total(&other)]);
    let unlike = differing_buckets(&one, &other);
    outcome.buckets = (unlike.len(), buckets as usize);
    outcome.is_equal = unlike.is_empty();
    if comparison.depth == Depth::Rows && !unlike.is_empty() {
        rows(comparison, &plan, &unlike, (source, copy), &mut outcome).await?;
    }
    Ok(outcome)
}

/// Finds the rows that differ, portion by portion, up to the limit.
async fn rows(
    comparison: &Comparison,
    plan: &Plan,
    unlike: &[(u32, u64)],
    (source, copy): (&mut Side, &mut Side),
    outcome: &mut ComparisonReport,
) -> Result<(), String> {
    let buckets = outcome.buckets.1 as u64;
    let mut rest = unlike;
    while !rest.is_empty() && outcome.differences.len() < comparison.limit {
        let (portion, behind) = rest.split_at(portion(rest));
        rest = behind;
        let within: Vec<u32> = portion.iter().map(|(bucket, _)| *bucket).collect();
        let questions = [0, 1].map(|side| Question::rows(plan, comparison, side, buckets, &within));
        let (one, other) = both(source.rows(&questions[0]), copy.rows(&questions[1])).await?;
        let mut found = differences(one, other, plan.is_keyed());
        while !found.is_empty() && outcome.differences.len() < comparison.limit {
            let room = comparison.limit - outcome.differences.len();
            let mut some: Vec<_> = found.drain(..room.min(found.len())).collect();
            let before = some.len();
            settle(comparison, plan, (&mut *source, &mut *copy), &mut some).await?;
            outcome.settled += before - some.len();
            outcome.differences.append(&mut some);
        }
        outcome.is_complete &= found.is_empty();
    }
    outcome.is_complete &= rest.is_empty();
    outcome.is_equal = outcome.differences.is_empty() && outcome.is_complete;
    Ok(())
}

/// Compares rows again, at once and after each pause, and removes those that are now equal.
async fn settle(
    comparison: &Comparison,
    plan: &Plan,
    (source, copy): (&mut Side, &mut Side),
    found: &mut Vec<Difference>,
) -> Result<(), String> {
    if !plan.finds_rows {
        return Ok(());
    }
    recheck::recheck(comparison, plan, (&mut *source, &mut *copy), found).await?;
    for _ in 0..comparison.rechecks {
        let Some(pause) = comparison.recheck.filter(|_| !found.is_empty()) else { break };
        sleep(pause).await;
        recheck::recheck(comparison, plan, (&mut *source, &mut *copy), found).await?;
    }
    Ok(())
}

fn buckets(counts: [u64; 2]) -> u64 {
    (counts[0].max(counts[1]) / ROWS_OF_BUCKET).clamp(1, MOST_BUCKETS).next_power_of_two()
}

fn total(sums: &[Sum]) -> u64 {
    sums.iter().map(|sum| sum.rows).sum()
}

/// The buckets that differ, and how many rows both sides have in them.
fn differing_buckets(one: &[Sum], other: &[Sum]) -> Vec<(u32, u64)> {
    let pairs = one.iter().zip(other).enumerate().filter(|(_, (one, other))| one != other);
    pairs.map(|(bucket, (one, other))| (bucket as u32, one.rows + other.rows)).collect()
}

/// How many of these buckets are a portion; at least one.
fn portion(unlike: &[(u32, u64)]) -> usize {
    let mut rows = 0;
    let fits = unlike.iter().take_while(|(_, more)| {
        rows += more;
        rows <= PORTION
    });
    fits.count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_and_portions_are_bounded() {
        assert_eq!(buckets([0, 0]), 1);
        assert_eq!(buckets([1_000, 10]), 64);
        assert_eq!(buckets([u64::MAX, 0]), MOST_BUCKETS);
        assert_eq!(portion(&[(0, PORTION + 1), (1, 1)]), 1);
        assert_eq!(portion(&[(0, 1), (1, PORTION - 1), (2, 1)]), 2);
        assert_eq!(portion(&[(7, 3)]), 1);
    }
}
