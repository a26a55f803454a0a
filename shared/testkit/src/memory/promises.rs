//! What the rules promise a sink about every batch.

use std::collections::HashSet;

use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::operation::Operation;
use sluice_bridge::sink::Written;
use sluice_bridge::sink::batch::Batch;

/// Panics if a [`Batch`] breaks one of its promises.
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

/// Panics if a durable row comes again: `known` are the records whose rows are durable.
pub(super) fn assert_new(batch: &Batch<'_, '_>, written: &Written, known: &mut HashSet<String>) {
    let postponed = written.postponed.iter().flat_map(|postponed| postponed.rows.iter());
    let refused = written.rejected.iter().map(|rejected| &rejected.row);
    let open: HashSet<&usize> = postponed.chain(refused).chain(&written.unmatched).collect();
    for row in (0..batch.len()).filter(|row| !open.contains(row)) {
        let name = format!("{:?} of {:?}", batch.operation, batch.coordinates(row));
        assert!(known.insert(name.clone()), "{name} was written again");
    }
}
