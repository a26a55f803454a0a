//! Several statements in one message, and what the server answers to each.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};

/// How many rows each of so many statements matched, up to the one that failed, and how that did.
pub(crate) async fn ask(conn: &mut Conn, text: &[u8], count: usize) -> (Vec<u64>, Option<Error>) {
    let mut matched = Vec::with_capacity(count);
    let mut answers = match conn.query_iter(text).await {
        Ok(answers) => answers,
        Err(error) => return (matched, Some(error)),
    };
    while matched.len() < count {
        // Rows that are read come after the count of an earlier statement.
        let mut rows = if answers.columns_ref().is_empty() { answers.affected_rows() } else { 0 };
        loop {
            match answers.next().await {
                Ok(Some(_)) => rows += 1,
                // On to the next answer; if it is a failure, whoever asks for its rows is told.
                Ok(None) => break,
                Err(error) => return (matched, Some(error)),
            }
        }
        matched.push(rows);
    }
    (matched, None)
}
