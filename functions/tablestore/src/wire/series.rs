//! The messages of `timeseries.proto` that the connector reads or writes. Members that it needs not are left out:
//! what is read skips them.

use bytes::Bytes;
use prost::Message;

/// The most rows of a request ("Limits on the TimeSeries model").
pub(crate) const MOST_POINTS: usize = 200;

/// The most bytes that a request has besides its points and the name of its table.
pub(crate) const REQUEST_FRAME: usize = 64;

/// `RowsSerializeType.RST_FLAT_BUFFER`
const FLAT_BUFFER: i32 = 0;
/// The tables that a client knows: since version 1 their tags are a list.
const TABLE_VERSION: i64 = 1;

/// What the service does with the metadata of the series of points. The numbers are those of `MetaUpdateMode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum MetaUpdate {
    /// It makes a series that it does not know.
    #[default]
    Normal = 0,
    /// Nothing: the points are written, and queries for series do not find new ones.
    Ignore = 1,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SeriesTableOptions {
    /// In seconds; −1 for ever.
    #[prost(int32, optional, tag = "1")]
    pub(crate) time_to_live: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SeriesTableMeta {
    #[prost(string, required, tag = "1")]
    pub(crate) table_name: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) table_options: Option<SeriesTableOptions>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CreateTimeseriesTableRequest {
    #[prost(message, required, tag = "1")]
    pub(crate) table_meta: SeriesTableMeta,
    /// Whether the service keeps a second copy, for analysis.
    #[prost(bool, optional, tag = "4")]
    pub(crate) enable_analytical_store: Option<bool>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct DescribeTimeseriesTableRequest {
    #[prost(string, required, tag = "1")]
    pub(crate) table_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct DescribeTimeseriesTableResponse {
    #[prost(message, required, tag = "1")]
    pub(crate) table_meta: SeriesTableMeta,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TimeseriesRows {
    #[prost(int32, required, tag = "1")]
    pub(crate) kind: i32,
    #[prost(bytes = "bytes", required, tag = "2")]
    pub(crate) rows: Bytes,
    /// CRC-32C of the rows, as a signed number.
    #[prost(int32, optional, tag = "3")]
    pub(crate) checksum: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct PutTimeseriesDataRequest {
    #[prost(string, required, tag = "1")]
    pub(crate) table_name: String,
    #[prost(message, required, tag = "2")]
    pub(crate) rows: TimeseriesRows,
    #[prost(int32, optional, tag = "3")]
    pub(crate) meta_update_mode: Option<i32>,
    #[prost(int64, optional, tag = "4")]
    pub(crate) supported_table_version: Option<i64>,
}

/// A row that is not written.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct FailedRow {
    /// Its number in the request, from 0.
    #[prost(int32, required, tag = "1")]
    pub(crate) index: i32,
    #[prost(string, optional, tag = "2")]
    pub(crate) code: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) message: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct PutTimeseriesDataResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) failed: Vec<FailedRow>,
}

/// The request for points of one table, which [`PointWriter`](crate::wire::points::PointWriter) wrote.
pub(crate) fn put_request(table: &str, points: Bytes, update: MetaUpdate) -> Vec<u8> {
    let checksum = crc32c::crc32c(&points).cast_signed();
    let rows = TimeseriesRows { kind: FLAT_BUFFER, rows: points, checksum: Some(checksum) };
    PutTimeseriesDataRequest {
        table_name: table.to_owned(),
        rows,
        meta_update_mode: Some(update as i32),
        supported_table_version: Some(TABLE_VERSION),
    }
    .encode_to_vec()
}
