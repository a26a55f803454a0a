//! What a careful engineer writes by hand in Rust: AWS's own event types, a JSON document for
//! each record, one text array for each column. Its base64 is the same library as ours.

use std::error::Error;

use aws_lambda_events::kafka::KafkaEvent;
use base64_simd::STANDARD;
use bytes::BytesMut;
use serde_json::Value;
use tokio_postgres::types::{ToSql, Type};

const COLUMNS: [&str; 7] = ["id", "customer", "amount", "currency", "created_at", "note", "items"];

/// Decodes an event, maps its records, and encodes the parameters of one INSERT from `unnest` of
/// text arrays. Returns records and bytes.
///
/// # Errors
/// The event is none of ours.
pub fn handle(body: &[u8]) -> Result<(usize, usize), Box<dyn Error + Sync + Send>> {
    let event: KafkaEvent = serde_json::from_slice(body)?;
    let mut columns: [Vec<Option<String>>; COLUMNS.len()] = Default::default();
    for record in event.records.into_values().flatten() {
        let bytes = STANDARD.decode_to_vec(record.value.unwrap_or_default())?;
        let mut value: Value = serde_json::from_slice(&bytes)?;
        for (column, name) in columns.iter_mut().zip(COLUMNS) {
            column.push(match value.get_mut(name).map(Value::take) {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text),
                Some(other) => Some(other.to_string()),
            });
        }
    }
    let mut out = BytesMut::new();
    for column in &columns {
        column.to_sql(&Type::TEXT_ARRAY, &mut out)?;
    }
    Ok((columns[0].len(), out.len()))
}
