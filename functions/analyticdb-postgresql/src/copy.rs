//! The way in for rows that are only added, to their table or to a temporary one: binary COPY,
//! encoded while the server works.
//!
//! Format: "COPY", section "Binary Format", of the manual.

use std::pin::pin;

use bytes::Bytes;
use futures_util::{SinkExt, future};
use sluice_bridge::failure::{Fault, SinkError};
use sluice_bridge::sink::{Rejected, Written};
use tokio_postgres::Client;

use crate::encode::encode;
use crate::fault;
use crate::statement::Statement;

/// Rows are sent in pieces of about this size: the server works on one while the next is
/// encoded.
const PIECE: usize = 128 * 1024;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// Copies a batch into its table, behind a fresh savepoint.
pub(crate) async fn write(
    client: &Client,
    savepoint: &str,
    statement: Statement<'_, '_>,
) -> Result<Written, SinkError> {
    let table = &statement.batch.table.name.name;
    let rows = rows(client, savepoint, statement, &statement.copy(), table).await?;
    Ok(Written { rejected: rows.rejected, unmatched: Vec::new() })
}

/// Copies a batch with the COPY given, into the table whose name the server will tell.
pub(crate) async fn rows<'a, 'e>(
    client: &Client,
    savepoint: &str,
    statement: Statement<'a, 'e>,
    sql: &str,
    table: &str,
) -> Result<Rows<'a, 'e>, SinkError> {
    let (renewed, sink) = future::join(client.batch_execute(savepoint), client.copy_in(sql)).await;
    renewed.map_err(|error| fault::classify(&error))?;
    let mut sink = pin!(sink.map_err(|error| fault::classify(&error))?);
    let mut rows = Rows::new(statement);
    while let Some(piece) = rows.piece() {
        // A broken stream says why in its answer, below.
        if sink.as_mut().feed(piece).await.is_err() {
            break;
        }
    }
    match sink.as_mut().finish().await {
        Ok(_) => Ok(rows),
        Err(error) => Err(rows.locate(fault::classify_copy(&error, table))),
    }
}

/// The rows of a batch on their way.
pub(crate) struct Rows<'a, 'e> {
    statement: Statement<'a, 'e>,
    next: usize,
    ended: bool,
    /// The batch's row for each line sent.
    pub(crate) lines: Vec<usize>,
    /// The rows that were left out.
    pub(crate) rejected: Vec<Rejected>,
}

impl<'a, 'e> Rows<'a, 'e> {
    pub(crate) fn new(statement: Statement<'a, 'e>) -> Self {
        Self { statement, next: 0, ended: false, lines: Vec::new(), rejected: Vec::new() }
    }

    /// The next bytes to send; `None` past the end.
    pub(crate) fn piece(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        let mut out = Vec::with_capacity(PIECE + PIECE / 8);
        if self.next == 0 {
            out.extend(SIGNATURE);
        }
        while self.next < self.statement.batch.len() && out.len() < PIECE {
            self.row(&mut out);
            self.next += 1;
        }
        if self.next == self.statement.batch.len() {
            out.extend(TRAILER);
            self.ended = true;
        }
        Some(out.into())
    }

    /// Adds the next row, or leaves no trace of it but why.
    fn row(&mut self, out: &mut Vec<u8>) {
        let Statement { batch, types, .. } = self.statement;
        let start = out.len();
        out.extend((batch.columns.len() as i16).to_be_bytes());
        let cells = batch.cells(self.next);
        for &column in batch.columns {
            if let Err(cause) = encode(cells[column], &types[column], out) {
                out.truncate(start);
                self.rejected.push(Rejected { row: self.next, cause });
                return;
            }
        }
        self.lines.push(self.next);
    }

    /// Turns the server's line into the batch's row.
    fn locate(&self, error: SinkError) -> SinkError {
        match error.fault {
            Fault::Data(Some(line)) => {
                SinkError { fault: Fault::Data(self.lines.get(line).copied()), ..error }
            }
            _ => error,
        }
    }
}
