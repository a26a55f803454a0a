//! What the rules promise a sink of every batch.

use std::collections::HashSet;

use sluice_bridge::batch::{Batch, Operation};
use sluice_bridge::cell::Cell;

/// Panics where [`Batch`] breaks a promise of its own.
pub(super) fn assert_kept(batch: &Batch<'_, '_>) {
    assert!(!batch.is_empty(), "an empty batch was written");
    let mut keys = HashSet::new();
    for row in 0..batch.len() {
        let cells = batch.cells(row);
        let absent = batch.columns.iter().find(|&&column| cells[column] == Cell::Absent);
        assert_eq!(absent, None, "a cell of the batch's columns is absent");
        if batch.operation != Operation::Insert {
            let key: Vec<_> = batch.key.iter().map(|&column| cells[column].as_text()).collect();
            assert!(!key.is_empty() && key.iter().all(Option::is_some), "a row has no key");
            assert_eq!(
                batch.key, batch.table.primary_key,
                "rows are found by the primary key only"
            );
            assert!(keys.insert(key), "two rows of a batch of {:?} share a key", batch.operation);
        }
    }
}
