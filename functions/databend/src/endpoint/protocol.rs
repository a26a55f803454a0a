//! The bodies of requests and answers of `/v1/query`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How long the server may wait for a result before it answers with the address of a page.
pub(super) const WAIT_SECONDS: u32 = 10;

/// A request to execute a statement.
#[derive(Serialize)]
pub(super) struct QueryRequest<'a> {
    pub(super) sql: &'a str,
    pub(super) session: &'a Map<String, Value>,
    pub(super) pagination: Pagination,
}

#[derive(Serialize)]
pub(super) struct Pagination {
    pub(super) wait_time_secs: u32,
}

/// An answer about a query: a page of rows, or how it failed.
#[derive(Deserialize)]
pub(super) struct QueryAnswer {
    #[serde(default)]
    pub(super) node_id: Option<String>,
    /// What the next request has to send; none if it has not changed.
    #[serde(default)]
    pub(super) session: Option<Map<String, Value>>,
    #[serde(default)]
    pub(super) data: Vec<Vec<Option<String>>>,
    #[serde(default)]
    pub(super) error: Option<ServerError>,
    #[serde(default)]
    pub(super) next_uri: Option<String>,
}

/// An error, of a statement or of a request.
#[derive(Deserialize)]
pub(super) struct ServerError {
    pub(super) code: u32,
    pub(super) message: String,
}

/// The body of an answer whose status is an error.
#[derive(Deserialize)]
pub(super) struct ErrorAnswer {
    pub(super) error: ServerError,
}
