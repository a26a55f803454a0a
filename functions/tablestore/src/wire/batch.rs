//! The request `BatchWriteRow`, written directly: a row is encoded once and copied once.

use prost::encoding::{encode_varint, encoded_len_varint};

/// The most rows of a request ("Limits", BatchWriteRow).
pub(crate) const MOST_ROWS: usize = 200;
/// The most bytes of a request, also the most of one row ("Limits": 4 MB). The bytes of the whole body are
/// counted, which are more than the data.
pub(crate) const MOST_BYTES: usize = 4 * 1024 * 1024;

/// What a row of a request does. The numbers are those of `OperationType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowOperation {
    Put = 1,
    Update = 2,
    Delete = 3,
}

/// What must be true of the row before. The numbers are those of `RowExistenceExpectation`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Existence {
    #[default]
    Ignore = 0,
    Exists = 1,
    ExistsNot = 2,
}

/// Appends a row of a request (`RowInBatchWriteRowRequest`) as a member of its table.
pub(crate) fn push_row(
    rows: &mut Vec<u8>,
    operation: RowOperation,
    existence: Existence,
    row_change: &[u8],
) {
    let change = 1 + encoded_len_varint(row_change.len() as u64) + row_change.len();
    let row = 2 + change + 4;
    rows.push(0x12);
    encode_varint(row as u64, rows);
    rows.extend([0x08, operation as u8, 0x12]);
    encode_varint(row_change.len() as u64, rows);
    rows.extend_from_slice(row_change);
    rows.extend([0x1a, 0x02, 0x08, existence as u8]);
}

/// The most bytes that [`request`] puts before the rows of this table.
pub(crate) fn overhead(table: &str) -> usize {
    2 * (1 + 5) + 5 + table.len()
}

/// The request for rows of one table.
pub(crate) fn request(table: &str, rows: &[u8]) -> Vec<u8> {
    let name = 1 + encoded_len_varint(table.len() as u64) + table.len();
    let mut body = Vec::with_capacity(overhead(table) + rows.len());
    body.push(0x0a);
    encode_varint((name + rows.len()) as u64, &mut body);
    body.push(0x0a);
    encode_varint(table.len() as u64, &mut body);
    body.extend_from_slice(table.as_bytes());
    body.extend_from_slice(rows);
    body
}
