//! What a comparison comes to.

use crate::compare::comparison::{Comparison, Depth};
use crate::compare::plan::{Pair, Plan};

/// The outcome of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The source and the copy.
    pub sides: [SideReport; 2],
    /// The columns that are compared.
    pub columns: Vec<ColumnReport>,
    /// The source's names of the columns that tell rows apart; empty without any.
    pub key: Vec<String>,
    /// How far it went.
    pub depth: Depth,
    /// Whether no difference is left.
    pub is_equal: bool,
    /// The buckets that differ, and all of them.
    pub buckets: (usize, usize),
    /// The rows that differ.
    pub differences: Vec<Difference>,
    /// Whether these are all of them.
    pub is_complete: bool,
    /// Rows that differed and have come to be equal while they were compared.
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
    /// Its types there.
    pub types: [String; 2],
    /// What its values are compared as.
    pub class: &'static str,
    /// Whether no rule says how values of the one type are kept in the other, so that the texts of
    /// both databases are compared.
    pub is_by_text: bool,
}

/// A row that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The canonical texts of its key; nothing of a null. Where nothing tells rows apart, those of
    /// all its columns if they were asked for, or none.
    pub key: Vec<Option<String>>,
    /// How it differs.
    pub kind: Kind,
    /// How often it is there; of one without a key, how much more often.
    pub times: usize,
    /// The columns that differ, where they are known.
    pub columns: Vec<Unlike>,
}

/// How a row differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Both have it, and a column is not the same.
    Changed,
    /// The copy does not have it.
    OnlySource,
    /// The source does not have it.
    OnlyCopy,
}

/// A column that differs in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlike {
    /// Its name in the source.
    pub column: String,
    /// The canonical texts in the source and in the copy, where they were asked for.
    pub values: Option<[Option<String>; 2]>,
}

impl Outcome {
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

    /// Takes the numbers of rows that were read, which are of the same snapshots as the sums.
    pub(super) fn read(&mut self, rows: [u64; 2]) {
        for (side, rows) in self.sides.iter_mut().zip(rows) {
            side.rows = rows;
        }
    }
}
