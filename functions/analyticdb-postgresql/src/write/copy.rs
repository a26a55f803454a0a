//! Writes rows with binary COPY, into their table or a temporary one. The next rows are encoded while the
//! server works.
//!
//! Format: "COPY", section "Binary Format", of the manual.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::{self, Either, LocalBoxFuture};
use futures_util::{FutureExt, SinkExt};
use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_bridge::sink::Rejected;
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio_postgres::Client;

use crate::fault;
use crate::sql::statement::{STAGE, Statement};
use crate::values::encode::encode;

/// The approximate size of a piece, in bytes. The server works on one piece while the next is encoded.
pub(crate) const PIECE: usize = 128 * 1024;
/// The number of pieces that may wait for the server.
const MAX_QUEUED: usize = 2;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// A buffer for a piece and the row that fills it.
pub(crate) fn piece() -> Vec<u8> {
    Vec::with_capacity(PIECE + PIECE / 8)
}

/// The target of a COPY.
pub(crate) struct Destination {
    /// The table's name, as in the server's messages.
    pub(crate) table: String,
    /// For a temporary table, the column for which each of its own columns stands.
    pub(crate) staged_columns: Vec<String>,
}

impl Destination {
    /// The table's column for the column name in the server's message.
    pub(crate) fn named(&self, server_column: String) -> Option<String> {
        if self.staged_columns.is_empty() {
            return Some(server_column);
        }
        let position: usize = server_column.strip_prefix('c')?.parse().ok()?;
        self.staged_columns.get(position).cloned()
    }
}

/// A running COPY.
pub(crate) struct CopyIn {
    pieces: mpsc::Sender<Bytes>,
    /// Its outcome, after the last piece.
    work: LocalBoxFuture<'static, Result<(), SinkError>>,
    /// Its outcome, if it ended before the last piece.
    ended: Option<Result<(), SinkError>>,
    out: Vec<u8>,
    rows: Rows,
}

/// The rows of a COPY, in order.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    count: usize,
    /// The row of each line that was sent.
    pub(crate) lines: Vec<usize>,
    /// The rows that could not be encoded.
    pub(crate) rejected: Vec<Rejected>,
}

impl CopyIn {
    /// Runs `begin`, then the COPY into the batch's table.
    pub(crate) fn open(client: &Arc<Client>, begin: String, statement: Statement<'_, '_>) -> Self {
        let table = statement.batch.table.name.name.clone();
        Self::open_into(
            client,
            begin,
            statement.copy(),
            Destination { table, staged_columns: Vec::new() },
        )
    }

    /// Runs `begin`, then the COPY into the temporary table.
    pub(crate) fn open_staged(
        client: &Arc<Client>,
        begin: String,
        statement: Statement<'_, '_>,
    ) -> Self {
        let Statement { batch, types, .. } = statement;
        let staged_columns =
            batch.columns.iter().map(|&column| types[column].name.clone()).collect();
        let into = Destination { table: STAGE.to_owned(), staged_columns };
        Self::open_into(client, begin, statement.copy_to_stage(), into)
    }

    fn open_into(client: &Arc<Client>, begin: String, sql: String, into: Destination) -> Self {
        let (pieces, queue) = mpsc::channel(MAX_QUEUED);
        let mut out = piece();
        out.extend(SIGNATURE);
        let work = run(Arc::clone(client), begin, sql, into, queue).boxed_local();
        Self { pieces, work, ended: None, out, rows: Rows::default() }
    }

    /// Adds the rows of a batch.
    pub(crate) async fn add_rows(&mut self, statement: Statement<'_, '_>) {
        for row in 0..statement.batch.len() {
            if self.ended.is_some() {
                return;
            }
            self.rows.add(statement, row, &mut self.out);
            if self.out.len() >= PIECE {
                self.send().await;
            }
        }
    }

    /// Lets the background tasks send what is queued.
    pub(crate) async fn yield_to_tasks(&mut self) {
        // The connection is a separate task: it reads what was received, and then writes the next message.
        yield_now().await;
        if self.ended.is_none() {
            self.ended = (&mut self.work).now_or_never();
            yield_now().await;
        }
    }

    /// Ends the COPY.
    ///
    /// # Errors
    /// The server's error; a line is converted to a row.
    pub(crate) async fn end(mut self) -> Result<Rows, SinkError> {
        self.out.extend(TRAILER);
        self.send().await;
        drop(self.pieces);
        let ended = match self.ended {
            Some(ended) => ended,
            None => self.work.await,
        };
        match ended {
            Ok(()) => Ok(self.rows),
            Err(error) => Err(self.rows.locate(error)),
        }
    }

    /// Queues the encoded rows when there is space in the queue.
    async fn send(&mut self) {
        let piece = std::mem::replace(&mut self.out, piece()).into();
        if self.ended.is_none() {
            let sent = std::pin::pin!(self.pieces.send(piece));
            if let Either::Left((ended, _)) = future::select(&mut self.work, sent).await {
                self.ended = Some(ended);
            }
        }
    }
}

async fn run(
    client: Arc<Client>,
    begin: String,
    sql: String,
    into: Destination,
    mut pieces: mpsc::Receiver<Bytes>,
) -> Result<(), SinkError> {
    let (begun, sink) = future::join(client.batch_execute(&begin), client.copy_in(&sql)).await;
    begun.map_err(|error| fault::classify(&error))?;
    let mut sink = std::pin::pin!(sink.map_err(|error| fault::classify(&error))?);
    while let Some(piece) = pieces.recv().await {
        // If the stream is broken, `finish` returns the reason.
        if sink.as_mut().feed(piece).await.is_err() {
            break;
        }
    }
    let ended = sink.as_mut().finish().await;
    ended.map(|_| ()).map_err(|error| {
        fault::classify_copy(&error, &into.table, |server_column| into.named(server_column))
    })
}

impl Rows {
    /// Adds a row of a batch, or only its cause if it cannot be encoded.
    pub(crate) fn add(&mut self, statement: Statement<'_, '_>, row: usize, out: &mut Vec<u8>) {
        let Statement { batch, types, .. } = statement;
        let start = out.len();
        out.extend((batch.columns.len() as i16).to_be_bytes());
        let cells = batch.cells(row);
        let mut columns = batch.columns.iter();
        match columns.try_for_each(|&column| encode(cells[column], &types[column], out)) {
            Ok(()) => self.lines.push(self.count),
            Err(cause) => {
                out.truncate(start);
                self.rejected.push(Rejected { row: self.count, cause });
            }
        }
        self.count += 1;
    }

    /// Converts the server's line into a row.
    fn locate(&self, error: SinkError) -> SinkError {
        match error.fault {
            Fault::Data(Some(line)) => {
                SinkError { fault: Fault::Data(self.lines.get(line).copied()), ..error }
            }
            _ => error,
        }
    }
}

impl fmt::Debug for CopyIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CopyIn").field("rows", &self.rows).finish_non_exhaustive()
    }
}
