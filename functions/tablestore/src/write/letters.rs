//! Writes letters into a table whose key is `topic_partition` (string) and `offset` (integer), as that of the vendor's
//! Kafka Connect sink. A letter that comes again replaces itself.
//!
//! What the reason says is not decided here.

use base64_simd::STANDARD;
use sluice_bridge::event::record::Record;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::{Cause, SinkError};
use sluice_bridge::model::table::TableName;
use sluice_bridge::sink::TableLetter;

use crate::catalog::describe::no_record_is_at_fault;
use crate::endpoint::Endpoint;
use crate::fault::{Refusal, Verdict};
use crate::types::limits::MOST_VALUE_BYTES;
use crate::wire::batch::{
    Existence, MOST_BYTES, MOST_ROWS, RowOperation, overhead, push_row, request,
};
use crate::wire::plain_buffer::{Name, RowWriter, Value};
use crate::write::answers::rows;

/// Which parts of its record a letter keeps besides its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kept {
    value: bool,
    key: bool,
    headers: bool,
}

impl Kept {
    /// What may be kept, the most first: no part that the service refuses, and less if they do not fit together.
    fn choices(record: &Record<'_>, headers: &str) -> [Self; 4] {
        let fits = |part: Option<&[u8]>| part.is_none_or(|bytes| bytes.len() <= MOST_VALUE_BYTES);
        let most = Self {
            value: fits(record.value),
            key: fits(record.key),
            headers: headers.len() <= MOST_VALUE_BYTES,
        };
        let without_value = Self { value: false, ..most };
        let key_only = Self { headers: false, ..without_value };
        [most, without_value, key_only, Self { key: false, ..key_only }]
    }
}

/// Writes letters; those that are written are removed from the list.
///
/// # Errors
/// As [`Sink::write_letters`](sluice_bridge::sink::Sink::write_letters).
pub(crate) async fn write_letters(
    endpoint: &Endpoint,
    table: &TableName,
    letters: &mut Vec<TableLetter<'_>>,
) -> Result<(), SinkError> {
    while !letters.is_empty() {
        let (body, sent) = pack(&table.name, letters);
        let answer = endpoint.call("BatchWriteRow", body).await;
        let answer = answer.map_err(|refusal| at_table(table, refusal))?;
        let answers = rows(&answer, sent).map_err(SinkError::transient)?;
        let mut written = answers.iter().map(|answer| answer.is_ok);
        letters.retain(|_| written.next() != Some(true));
        if let Some(refused) = answers.into_iter().find(|answer| !answer.is_ok) {
            let error = refused.error.unwrap_or_default();
            let refusal = Refusal::of(&error.code, error.message.as_deref().unwrap_or_default());
            return Err(at_table(table, refusal));
        }
    }
    Ok(())
}

/// A request with the first letters, as many as it takes, and their number.
fn pack(table: &str, letters: &[TableLetter<'_>]) -> (Vec<u8>, usize) {
    let (mut body, mut row, mut sent) = (Vec::new(), Vec::new(), 0);
    for letter in letters.iter().take(MOST_ROWS) {
        let place = letter.record.coordinates();
        // A request must not have two rows of one key.
        if letters[..sent].iter().any(|other| other.record.coordinates() == place) {
            break;
        }
        let headers = letter.record.headers.to_vec();
        let (count, headers) = (headers.len(), json(&headers));
        for kept in Kept::choices(&letter.record, &headers) {
            row.clear();
            write_row(letter, kept, (count, &headers), &mut row);
            if overhead(table) + row.len() + ROW_OVERHEAD <= MOST_BYTES {
                break;
            }
        }
        if sent > 0 && overhead(table) + body.len() + row.len() + ROW_OVERHEAD > MOST_BYTES {
            break;
        }
        push_row(&mut body, RowOperation::Put, Existence::Ignore, &row);
        sent += 1;
    }
    (request(table, &body), sent)
}

/// The most bytes that a request has for a row besides the row itself.
const ROW_OVERHEAD: usize = 24;

/// Writes a letter as PlainBuffer, with the number of its headers and their JSON. Bytes that are text are a string.
fn write_row(
    letter: &TableLetter<'_>,
    kept: Kept,
    (count, headers): (usize, &str),
    out: &mut Vec<u8>,
) {
    let record = &letter.record;
    let mut columns = Columns { row: RowWriter::begin(out) };
    let place = format!("{}_{}", record.topic, record.partition);
    columns.row.key(&Name::new("topic_partition"), Value::Text(&place));
    columns.row.key(&Name::new("offset"), Value::Integer(record.offset));
    columns.put("topic", Value::Text(record.topic));
    columns.put("partition", Value::Integer(record.partition.into()));
    if let Some(millis) = record.timestamp {
        columns.put("timestamp", Value::Integer(millis));
    }
    match record.value {
        Some(bytes) if kept.value => columns.put("value", value(bytes)),
        Some(bytes) => columns.left_out("value_omitted_bytes", bytes.len()),
        None => {}
    }
    match record.key {
        Some(bytes) if kept.key => columns.put("key", value(bytes)),
        Some(bytes) => columns.left_out("key_omitted_bytes", bytes.len()),
        None => {}
    }
    match count {
        0 => {}
        _ if kept.headers => columns.put("headers", Value::Text(headers)),
        _ => columns.left_out("headers_omitted", count),
    }
    for (name, text) in &letter.reasons {
        columns.put(name, Value::Text(text));
    }
    columns.row.end();
}

/// The columns besides the key.
struct Columns<'o> {
    row: RowWriter<'o>,
}

impl Columns<'_> {
    fn put(&mut self, name: &str, value: Value<'_>) {
        self.row.put(&Name::new(name), value, None);
    }

    fn left_out(&mut self, name: &str, size: usize) {
        self.put(name, Value::Integer(i64::try_from(size).unwrap_or(i64::MAX)));
    }
}

fn value(bytes: &[u8]) -> Value<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::Text(text),
        Err(_) => Value::Binary(bytes),
    }
}

/// Headers as a JSON array of pairs. A value is text, an object with its base64 if it is none, or null.
fn json(headers: &[(String, Option<Vec<u8>>)]) -> String {
    let mut out = String::from("[");
    for (nth, (name, bytes)) in headers.iter().enumerate() {
        out.push_str(if nth == 0 { "[" } else { ",[" });
        Cell::Text(name).write_json(&mut |piece| out.push_str(piece));
        out.push(',');
        match bytes.as_deref().map(value) {
            Some(Value::Text(text)) => {
                Cell::Text(text).write_json(&mut |piece| out.push_str(piece));
            }
            Some(_) => {
                let base64 = STANDARD.encode_to_string(bytes.as_deref().unwrap_or_default());
                out.push_str(&format!("{{\"base64\":\"{base64}\"}}"));
            }
            None => out.push_str("null"),
        }
        out.push(']');
    }
    out.push(']');
    out
}

/// A refusal of letters. No record is at fault.
fn at_table(table: &TableName, refusal: Refusal) -> SinkError {
    let hint = match refusal.verdict {
        Verdict::Missing => {
            "; create it, with a key of topic_partition (string) and offset (integer)"
        }
        Verdict::Data | Verdict::Condition => {
            "; its key must be topic_partition (string) and offset (integer)"
        }
        Verdict::Again | Verdict::Unauthorized | Verdict::Fatal => "",
    };
    let error = no_record_is_at_fault(refusal.into());
    let message = format!("table {table} for letters: {}{hint}", error.cause.message).into();
    SinkError { cause: Cause { message, ..error.cause }, ..error }
}

#[cfg(test)]
mod tests {
    use sluice_bridge::event::record::Headers;

    use super::*;

    fn letter<'e>(offset: i64, key: &'e [u8], value: &'e [u8]) -> TableLetter<'e> {
        let record = Record {
            topic: "t",
            partition: 0,
            offset,
            timestamp: None,
            key: Some(key),
            value: Some(value),
            headers: Headers::default(),
            key_schema: None,
            value_schema: None,
        };
        TableLetter { record, reasons: vec![("error_info", "no".to_owned())] }
    }

    #[test]
    fn a_request_is_as_full_as_the_service_allows() {
        let half = vec![b'a'; MOST_BYTES / 2 - 1000];
        let large = [letter(0, &half, &half), letter(1, &half, &half), letter(2, b"k", b"v")];
        let (body, sent) = pack("letters", &large);
        assert!(sent == 1 && (2 * half.len()..=MOST_BYTES).contains(&body.len()), "{}", body.len());
        let (body, sent) = pack("letters", &large[1..]);
        assert!(sent == 2 && body.len() <= MOST_BYTES, "{sent} {}", body.len());
        let small: Vec<_> = (0..201).map(|offset| letter(offset, b"k", b"v")).collect();
        assert_eq!(pack("letters", &small).1, MOST_ROWS);
    }

    #[test]
    fn what_does_not_fit_is_left_out_the_value_first() {
        let (most, more) = (vec![b'a'; MOST_VALUE_BYTES], vec![b'a'; MOST_VALUE_BYTES + 1]);
        // Each of them is allowed, and both are more than a request has.
        let (body, sent) = pack("letters", &[letter(0, &most, &most)]);
        assert!(sent == 1 && (most.len()..most.len() + 1000).contains(&body.len()));
        let kept = |key, value, headers: &str| {
            let letters = [letter(0, key, value)];
            let (body, sent) = pack("letters", &letters);
            assert!(sent == 1 && body.len() < 1000, "{}", body.len());
            let [Kept { value, key, headers }, ..] = Kept::choices(&letters[0].record, headers);
            [value, key, headers]
        };
        let headers = String::from_utf8(more.clone()).unwrap();
        assert_eq!(kept(b"k", &more, ""), [false, true, true]);
        assert_eq!(kept(&more, b"v", ""), [true, false, true]);
        assert_eq!(kept(&more, &more, ""), [false, false, true]);
        assert_eq!(kept(b"k", b"v", &headers), [true, true, false], "they are not to blame");
    }

    /// A request must not have two rows of one key.
    #[test]
    fn a_letter_that_is_there_twice_begins_another_request() {
        let letters = [letter(0, b"k", b"v"), letter(1, b"k", b"v"), letter(0, b"k", b"v")];
        assert_eq!(pack("letters", &letters).1, 2);
    }
}
