//! The messages of `table_store.proto` as far as a service needs them that takes every row (official Python SDK 6.4.8),
//! and where the key is in a row.

use bytes::Bytes;
use prost::Message;

/// The one table, and its key: an integer.
pub(super) const TABLE: &str = "orders";

/// How a row in PlainBuffer begins: its header, the cell of the key `id`, and the type of an integer, which is the
/// next 8 bytes.
const BEGINS: &[u8] = b"\x75\0\0\0\x01\x03\x04\x02\0\0\0id\x05\x09\0\0\0\0";

/// The id of a row.
pub(super) fn id(row: &[u8]) -> Option<usize> {
    let id = row.strip_prefix(BEGINS)?.first_chunk::<8>()?;
    usize::try_from(i64::from_le_bytes(*id)).ok()
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct BatchWriteRow {
    #[prost(message, repeated, tag = "1")]
    pub(super) tables: Vec<RowsOfTable>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct RowsOfTable {
    #[prost(string, required, tag = "1")]
    pub(super) name: String,
    #[prost(message, repeated, tag = "2")]
    pub(super) rows: Vec<RowChange>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct RowChange {
    /// 1 puts a row, 2 updates it, 3 deletes it.
    #[prost(int32, required, tag = "1")]
    pub(super) operation: i32,
    #[prost(bytes = "bytes", required, tag = "2")]
    pub(super) row: Bytes,
}

#[derive(Clone, PartialEq, Message)]
struct Written {
    #[prost(message, repeated, tag = "1")]
    tables: Vec<RowsWritten>,
}

#[derive(Clone, PartialEq, Message)]
struct RowsWritten {
    #[prost(string, required, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    rows: Vec<RowWritten>,
}

#[derive(Clone, PartialEq, Message)]
struct RowWritten {
    #[prost(bool, required, tag = "1")]
    is_ok: bool,
    #[prost(message, optional, tag = "3")]
    consumed: Option<Throughput>,
}

#[derive(Clone, PartialEq, Message)]
struct Throughput {
    #[prost(message, required, tag = "1")]
    units: Units,
    /// When it was increased; only of a table.
    #[prost(int64, optional, tag = "2")]
    increased: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Units {
    #[prost(int32, optional, tag = "1")]
    read: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    write: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
struct Described {
    #[prost(message, required, tag = "1")]
    meta: Meta,
    #[prost(message, required, tag = "2")]
    throughput: Throughput,
    #[prost(message, required, tag = "3")]
    options: Options,
}

#[derive(Clone, PartialEq, Message)]
struct Meta {
    #[prost(string, required, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    key: Vec<KeyColumn>,
}

#[derive(Clone, PartialEq, Message)]
struct KeyColumn {
    #[prost(string, required, tag = "1")]
    name: String,
    /// 1 is an integer.
    #[prost(int32, required, tag = "2")]
    kind: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Options {
    #[prost(int32, optional, tag = "1")]
    time_to_live: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    max_versions: Option<i32>,
    #[prost(int64, optional, tag = "5")]
    deviation: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Listed {
    #[prost(string, repeated, tag = "1")]
    tables: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
struct Refused {
    #[prost(string, required, tag = "1")]
    code: String,
    #[prost(string, optional, tag = "2")]
    message: Option<String>,
}

/// The answer to `BatchWriteRow`: so many rows are written.
pub(super) fn written(rows: usize) -> Vec<u8> {
    let units = Units { read: Some(0), write: Some(1) };
    let consumed = Some(Throughput { units, increased: None });
    let rows = vec![RowWritten { is_ok: true, consumed }; rows];
    Written { tables: vec![RowsWritten { name: TABLE.to_owned(), rows }] }.encode_to_vec()
}

/// The answer to `DescribeTable`.
pub(super) fn described() -> Vec<u8> {
    let key = vec![KeyColumn { name: "id".to_owned(), kind: 1 }];
    let units = Units { read: Some(0), write: Some(0) };
    let options =
        Options { time_to_live: Some(-1), max_versions: Some(1), deviation: Some(86_400) };
    let throughput = Throughput { units, increased: Some(0) };
    Described { meta: Meta { name: TABLE.to_owned(), key }, throughput, options }.encode_to_vec()
}

/// The answer to `ListTable`.
pub(super) fn listed() -> Vec<u8> {
    Listed { tables: vec![TABLE.to_owned()] }.encode_to_vec()
}

/// The answer that refuses a request.
pub(super) fn refused(why: &str) -> Vec<u8> {
    let code = "OTSParameterInvalid".to_owned();
    Refused { code, message: Some(why.to_owned()) }.encode_to_vec()
}
