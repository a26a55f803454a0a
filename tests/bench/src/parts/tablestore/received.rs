//! What a service has received: requests, bytes, and which row is how.

use bytes::Bytes;
use prost::Message;

use super::wire::{self, BatchWriteRow, RowChange, TABLE};

/// The limits of a request ("Limits", BatchWriteRow).
pub(super) const MOST_ROWS: usize = 200;
pub(super) const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Since the last look.
#[derive(Debug, Default)]
pub(super) struct Received {
    /// Requests `BatchWriteRow`, and others.
    pub(super) requests: usize,
    pub(super) others: usize,
    /// The bytes of the bodies of `BatchWriteRow`.
    pub(super) bytes: usize,
    /// How many rows came, also those that came before.
    pub(super) rows: usize,
    /// By id, a sum over what a row does and all bytes of it; `None` if it did not come.
    sums: Vec<Option<u64>>,
}

impl Received {
    /// Takes a request `BatchWriteRow`, and returns how many rows it has.
    ///
    /// # Errors
    /// Why the service refuses it.
    pub(super) fn take(&mut self, body: Bytes) -> Result<usize, &'static str> {
        let bytes = body.len();
        let request = BatchWriteRow::decode(body).map_err(|_| "this is no BatchWriteRow")?;
        let [table] = &*request.tables else { return Err("one table is expected") };
        if table.name != TABLE || !(1..=MOST_ROWS).contains(&table.rows.len()) || bytes > MOST_BYTES
        {
            return Err("another table, or too many rows or bytes");
        }
        for change in &table.rows {
            let id = wire::id(&change.row).ok_or("a row does not begin with its key")?;
            if id >= self.sums.len() {
                self.sums.resize(id + 1, None);
            }
            self.sums[id] = Some(sum(change));
        }
        self.requests += 1;
        self.bytes += bytes;
        self.rows += table.rows.len();
        Ok(table.rows.len())
    }

    /// Whether exactly the first so many rows came, each once.
    pub(super) fn is_complete(&self, rows: usize) -> bool {
        self.rows == rows && self.sums.len() == rows && self.sums.iter().all(Option::is_some)
    }

    /// Whether the same rows came, byte for byte.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.sums == other.sums
    }
}

fn sum(change: &RowChange) -> u64 {
    let (words, rest) = change.row.as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    let rest = rest.iter().map(|byte| u64::from(*byte));
    let first = u64::from(change.operation.unsigned_abs());
    words.chain(rest).fold(first, |sum, word| sum.rotate_left(5).wrapping_add(word))
}

#[cfg(test)]
mod tests {
    use super::super::wire::RowsOfTable;
    use super::*;

    fn request(rows: &[(u8, u8)]) -> Bytes {
        let change = |&(id, last): &(u8, u8)| {
            let mut row = b"\x75\0\0\0\x01\x03\x04\x02\0\0\0id\x05\x09\0\0\0\0".to_vec();
            row.extend([id, 0, 0, 0, 0, 0, 0, 0, last]);
            RowChange { operation: 1, row: row.into() }
        };
        let rows = rows.iter().map(change).collect();
        BatchWriteRow { tables: vec![RowsOfTable { name: TABLE.to_owned(), rows }] }
            .encode_to_vec()
            .into()
    }

    #[test]
    fn every_row_is_looked_at() {
        let (mut one, mut other) = (Received::default(), Received::default());
        assert_eq!(one.take(request(&[(1, 7)])), Ok(1));
        assert!(!one.is_complete(2), "the first row is missing");
        assert_eq!(one.take(request(&[(0, 7)])), Ok(1));
        assert!(one.is_complete(2) && (one.requests, one.rows) == (2, 2));
        assert_eq!(other.take(request(&[(0, 7), (1, 7)])), Ok(2));
        assert!(one.is_same(&other));
        assert_eq!(other.take(request(&[(1, 8)])), Ok(1));
        assert!(!other.is_complete(2) && !one.is_same(&other), "a row came again, and changed");
        assert!(one.take(Bytes::from_static(b"\xff")).is_err() && one.take(Bytes::new()).is_err());
        assert!(one.take(request(&[(0, 0); MOST_ROWS + 1])).is_err());
    }
}
