//! The result of a comparison.

use crate::compare::comparison::{Comparison, Depth};
use crate::compare::plan::{Pair, Plan};

/// The outcome of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparisonReport {
    /// The source and the copy.
    pub sides: [SideReport; 2],
    /// The columns that are compared.
    pub columns: Vec<ColumnReport>,
    /// The source's names of the columns that identify a row; empty without a key.
    pub key: Vec<String>,
    /// How detailed the comparison was.
    pub depth: Depth,
    /// Whether the tables are equal.
    pub is_equal: bool,
    /// The number of buckets that differ, and of all buckets.
    pub buckets: (usize, usize),
    /// The rows that differ.
    pub differences: Vec<Difference>,
    /// Whether `differences` has all rows that differ.
    pub is_complete: bool,
    /// The number of rows that differed first and have become equal during the comparison.
    pub settled: usize,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideReport {
    /// Its name.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
    /// Columns that the other table does not have.
    pub only: Vec<String>,
}

/// A column that is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnReport {
    /// Its name in the source and in the copy.
    pub names: [String; 2],
    /// Its types in the source and in the copy.
    pub types: [String; 2],
    /// The class of values as which it is compared.
    pub class: &'static str,
    /// Whether there is no rule that converts values of one type to the other, so that the texts
    /// of both databases are compared.
    pub is_by_text: bool,
}

/// A row that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The canonical texts of its key; `None` for a null. Without a key these are the texts of all
    /// columns if values are reported, otherwise the list is empty.
    pub key: Vec<Option<String>>,
    /// How it differs.
    pub kind: DifferenceKind,
    /// How often the row exists; without a key, how much more often it exists on one side.
    pub times: usize,
    /// The columns that differ, if they are known.
    pub columns: Vec<ColumnDifference>,
}

/// How a row differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DifferenceKind {
    /// Both tables have it, and a column differs.
    Changed,
    /// The copy does not have it.
    OnlySource,
    /// The source does not have it.
    OnlyCopy,
}

/// A column that differs in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDifference {
    /// Its name in the source.
    pub column: String,
    /// The canonical texts in the source and in the copy, if values are reported.
    pub values: Option<[Option<String>; 2]>,
}

impl ComparisonReport {
    pub(super) fn new(comparison: &Comparison, plan: &Plan, counts: [u64; 2]) -> Self {
        let tables = [&comparison.source.name, &comparison.copy.name];
        let sides = [0, 1].map(|side| SideReport {
            table: tables[side].clone(),
            rows: counts[side],
            only: plan.only[side].clone(),
        });
        let column = |pair: &Pair| ColumnReport {
            names: pair.names.clone(),
            types: pair.types.clone(),
            class: pair.class.name(),
            is_by_text: pair.is_by_text,
        };
        let key = plan.key.iter();
        Self {
            sides,
            columns: plan.pairs.iter().map(column).collect(),
            key: key.map(|place| plan.pairs[*place].names[0].clone()).collect(),
            depth: comparison.depth,
            is_equal: true,
            buckets: (0, 0),
            differences: Vec::new(),
            is_complete: true,
            settled: 0,
        }
    }

    /// Sets the numbers of rows that were read. They come from the same snapshots as the sums.
    pub(super) fn read(&mut self, rows: [u64; 2]) {
        for (side, rows) in self.sides.iter_mut().zip(rows) {
            side.rows = rows;
        }
    }
}
