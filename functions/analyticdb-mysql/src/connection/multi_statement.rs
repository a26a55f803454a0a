//! Sends several statements in one message and reads the result of each.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};

/// Runs `count` statements. Returns the number of matched rows for each, up to a failed one, and its error.
pub(crate) async fn run_each(
    conn: &mut Conn,
    text: &[u8],
    count: usize,
) -> (Vec<u64>, Option<Error>) {
    let mut matched = Vec::with_capacity(count);
    let mut answers = match conn.query_iter(text).await {
        Ok(answers) => answers,
        Err(error) => return (matched, Some(error)),
    };
    while matched.len() < count {
        // A SELECT returns rows in place of a count of affected rows.
        let mut rows = if answers.columns_ref().is_empty() { answers.affected_rows() } else { 0 };
        loop {
            match answers.next().await {
                Ok(Some(_)) => rows += 1,
                // Continues with the next result. If that is an error, the next call of `next` returns it.
                Ok(None) => break,
                Err(error) => return (matched, Some(error)),
            }
        }
        matched.push(rows);
    }
    (matched, None)
}
