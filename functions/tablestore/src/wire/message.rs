//! The messages of `table_store.proto` that the connector reads, or writes seldom. Members that it needs not
//! are left out: what is read skips them.

use prost::Message;

/// An answer with a status other than 2xx, and the error of one row.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Error {
    #[prost(string, required, tag = "1")]
    pub(crate) code: String,
    #[prost(string, optional, tag = "2")]
    pub(crate) message: Option<String>,
}

/// A column of a table's primary key.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct KeySchema {
    #[prost(string, required, tag = "1")]
    pub(crate) name: String,
    /// See [`KEY_INTEGER`] and the next two.
    #[prost(int32, required, tag = "2")]
    pub(crate) kind: i32,
    #[prost(int32, optional, tag = "3")]
    pub(crate) option: Option<i32>,
}

/// `PrimaryKeyType.INTEGER`
pub(crate) const KEY_INTEGER: i32 = 1;
/// `PrimaryKeyType.STRING`
pub(crate) const KEY_STRING: i32 = 2;
/// `PrimaryKeyType.BINARY`
pub(crate) const KEY_BINARY: i32 = 3;
/// `PrimaryKeyOption.AUTO_INCREMENT`
pub(crate) const AUTO_INCREMENT: i32 = 1;

/// A column that a table defines for its indexes; no other column needs a definition.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct DefinedColumn {
    #[prost(string, required, tag = "1")]
    pub(crate) name: String,
    /// `DefinedColumnType`: 1 integer, 2 double, 3 boolean, 4 string, 7 blob.
    #[prost(int32, required, tag = "2")]
    pub(crate) kind: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TableMeta {
    #[prost(string, required, tag = "1")]
    pub(crate) table_name: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) primary_key: Vec<KeySchema>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) defined_columns: Vec<DefinedColumn>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TableOptions {
    /// In seconds; −1 for ever.
    #[prost(int32, optional, tag = "1")]
    pub(crate) time_to_live: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) max_versions: Option<i32>,
    /// How far a cell's version may differ from the time at which it is written, in seconds.
    #[prost(int64, optional, tag = "5")]
    pub(crate) deviation: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CapacityUnit {
    #[prost(int32, optional, tag = "1")]
    pub(crate) read: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) write: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReservedThroughput {
    #[prost(message, required, tag = "1")]
    pub(crate) capacity_unit: CapacityUnit,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CreateTableRequest {
    #[prost(message, required, tag = "1")]
    pub(crate) table_meta: TableMeta,
    #[prost(message, required, tag = "2")]
    pub(crate) reserved_throughput: ReservedThroughput,
    #[prost(message, optional, tag = "3")]
    pub(crate) table_options: Option<TableOptions>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct DescribeTableRequest {
    #[prost(string, required, tag = "1")]
    pub(crate) table_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct DescribeTableResponse {
    #[prost(message, required, tag = "1")]
    pub(crate) table_meta: TableMeta,
    #[prost(message, required, tag = "3")]
    pub(crate) table_options: TableOptions,
}

/// The answer for one row.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct RowAnswer {
    #[prost(bool, required, tag = "1")]
    pub(crate) is_ok: bool,
    #[prost(message, optional, tag = "2")]
    pub(crate) error: Option<Error>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TableAnswer {
    #[prost(string, required, tag = "1")]
    pub(crate) table_name: String,
    /// In the order of the request.
    #[prost(message, repeated, tag = "2")]
    pub(crate) rows: Vec<RowAnswer>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct BatchWriteRowResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) tables: Vec<TableAnswer>,
}
