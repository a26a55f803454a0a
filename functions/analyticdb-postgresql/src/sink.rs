//! One connection and one transaction per invocation; every batch in a savepoint of its own.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use bumpalo::Bump;
use futures_util::future;
use sluice_bridge::batch::{Batch, Operation};
use sluice_bridge::cell::Cell;
use sluice_bridge::failure::{Cause, SinkError};
use sluice_bridge::options::{Opt, Settings};
use sluice_bridge::sink::{Connector, Sink, Written};
use sluice_bridge::table::{Table, TableName};
use tokio::time::timeout;
use tokio_postgres::Client;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::array;
use crate::catalog;
use crate::column::{Codec, ColumnType, Shape};
use crate::commit;
use crate::config::{self, Connection};
use crate::copy;
use crate::encode::encode;
use crate::fault;
use crate::key;
use crate::stage;
use crate::statement::Statement;
use crate::tls;

/// A connection unused for this long may have died with the frozen execution environment
/// without anybody noticing; it has [`ALIVE_WITHIN`] to prove that it has not.
const IDLE: Duration = Duration::from_secs(5);
const ALIVE_WITHIN: Duration = Duration::from_secs(2);
const POLITE: Duration = Duration::from_secs(1);

/// Deferred constraints are checked with the statement, so that they too cost one row and not
/// the transaction.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET CONSTRAINTS ALL IMMEDIATE";

/// The savepoint every batch is written behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Savepoint {
    /// Not set yet.
    Unset,
    /// The batch behind it is written.
    Passed,
    /// The batch behind it failed and is still to be rolled back.
    Failed,
}

impl Savepoint {
    /// What sets it for the next batch.
    fn renew(self) -> &'static str {
        match self {
            Savepoint::Unset => "SAVEPOINT sluice",
            Savepoint::Passed => "RELEASE SAVEPOINT sluice; SAVEPOINT sluice",
            Savepoint::Failed => "ROLLBACK TO SAVEPOINT sluice",
        }
    }
}

/// The ways in.
enum Way {
    Copy,
    Stage,
    Arrays,
}

impl Way {
    /// The fastest way that the batch can take.
    fn of(shape: &Shape, statement: Statement<'_, '_>) -> Self {
        let batch = &statement.batch;
        let has_binary_form = |column: &usize| shape.columns[*column].codec != Codec::Input;
        let copies = shape.takes_copy && batch.columns.iter().all(has_binary_form);
        match batch.operation {
            // A COPY without a column is no SQL; of one row nobody needs to be told the line, and
            // arrays take one round trip where COPY takes three.
            Operation::Insert if copies && !batch.columns.is_empty() && batch.len() > 1 => {
                Way::Copy
            }
            Operation::Upsert
                if shape.may_stage && batch.len() >= stage::ROWS && statement.is_staged() =>
            {
                Way::Stage
            }
            _ => Way::Arrays,
        }
    }
}

/// PostgreSQL, as one invocation sees it.
#[derive(Debug)]
pub struct PostgresSink {
    connection: Connection,
    client: Option<Client>,
    /// By the wall clock: others may stand still while the execution environment is frozen.
    last_used: SystemTime,
    tables: HashMap<TableName, Shape>,
    savepoint: Savepoint,
    /// The id of the transaction under way, once it has written.
    transaction: Option<i64>,
    /// Whether a call is under way: still set later, its future was dropped half way.
    busy: bool,
}

impl Connector for PostgresSink {
    const OPTIONS: &'static [&'static Opt] = config::OPTIONS;

    fn configure(settings: &mut Settings) -> Option<Self> {
        Some(Self {
            connection: Connection::from_settings(settings)?,
            client: None,
            last_used: SystemTime::now(),
            tables: HashMap::new(),
            savepoint: Savepoint::Unset,
            transaction: None,
            busy: false,
        })
    }
}

impl Sink for PostgresSink {
    async fn begin(&mut self) -> Result<(), SinkError> {
        self.savepoint = Savepoint::Unset;
        self.transaction = None;
        self.busy = true;
        if let Some(client) = self.client.take()
            && revive(&client, self.last_used.elapsed().map_or(true, |idle| idle > IDLE)).await
        {
            self.client = Some(client);
        } else {
            let client = connect(&self.connection).await?;
            client
                .batch_execute(BEGIN)
                .await
                .map_err(|error| fault::classify_outside_rows(&error))?;
            self.client = Some(client);
        }
        self.finished();
        Ok(())
    }

    async fn table(&mut self, name: &TableName) -> Result<Table, SinkError> {
        self.busy = true;
        if self.savepoint == Savepoint::Failed {
            let undone = self.client()?.batch_execute(self.savepoint.renew()).await;
            undone.map_err(|error| fault::classify_outside_rows(&error))?;
            self.savepoint = Savepoint::Passed;
        }
        let read = catalog::read(self.client()?, name).await;
        self.finished();
        let (table, shape) = read?;
        self.tables.insert(name.clone(), shape);
        Ok(table)
    }

    fn key_text<'e>(
        &self,
        table: &Table,
        column: usize,
        cell: Cell<'e>,
        arena: &'e Bump,
    ) -> Option<&'e str> {
        let shape = self.tables.get(&table.name);
        shape.map_or(cell.as_text(), |shape| key::text(cell, &shape.columns[column], arena))
    }

    fn compares(&self, table: &Table, column: usize, cell: Cell<'_>) -> bool {
        let shape = self.tables.get(&table.name);
        shape.is_none_or(|shape| key::compares(cell, &shape.columns[column]))
    }

    fn check(&self, table: &Table, cells: &[Cell<'_>]) -> Result<(), Cause> {
        let Some(shape) = self.tables.get(&table.name) else { return Ok(()) };
        let mut scratch = Vec::new();
        let sent = |(cell, _): &(&Cell<'_>, &ColumnType)| **cell != Cell::Absent;
        cells.iter().zip(&shape.columns).filter(sent).try_for_each(|(cell, column)| {
            scratch.clear();
            encode(*cell, column, &mut scratch)
        })
    }

    async fn write(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        self.busy = true;
        let Some(shape) = self.tables.get(&batch.table.name) else {
            return Err(SinkError::fatal("the table was not described before it was written to"));
        };
        let statement = Statement { batch: *batch, types: &shape.columns };
        let renew = self.savepoint.renew();
        let client = self.client()?;
        // Asked ahead of the first batch, it travels with it.
        let id = async {
            match self.transaction {
                Some(id) => Ok(Some(id)),
                None => commit::transaction_id(client).await,
            }
        };
        let write = async {
            match Way::of(shape, statement) {
                Way::Copy => copy::write(client, renew, statement).await,
                Way::Stage => stage::write(client, renew, statement).await,
                Way::Arrays => array::write(client, renew, statement).await,
            }
        };
        let (id, outcome) = future::join(id, write).await;
        let (transaction, outcome) = match id {
            Ok(id) => (id, outcome),
            Err(error) => (None, Err(error)),
        };
        self.transaction = transaction;
        self.savepoint = match &outcome {
            Ok(_) => Savepoint::Passed,
            Err(_) => Savepoint::Failed,
        };
        self.finished();
        outcome
    }

    async fn commit(&mut self) -> Result<(), SinkError> {
        self.busy = true;
        let client = self.client()?;
        let settle = match self.savepoint {
            Savepoint::Unset => "SAVEPOINT sluice",
            Savepoint::Passed => "RELEASE SAVEPOINT sluice",
            Savepoint::Failed => "ROLLBACK TO SAVEPOINT sluice",
        };
        match (commit::commit(client, settle).await, self.transaction) {
            // The answer is lost, not the question.
            (Err(_), Some(id)) if client.is_closed() => {
                let other = connect(&self.connection).await?;
                commit::ask(&other, id).await?;
                self.client = Some(other);
            }
            (committed, _) => committed?,
        }
        self.finished();
        Ok(())
    }

    async fn abandon(&mut self) {
        let Some(client) = self.client.take() else { return };
        if self.busy && !client.is_closed() {
            // Something is still running there: it is asked to stop, and the connection closed.
            let token = client.cancel_token();
            if let Ok(config) = tls::client_config(&self.connection.verification) {
                let _ = timeout(POLITE, token.cancel_query(MakeRustlsConnect::new(config))).await;
            }
            return;
        }
        if let Ok(Ok(())) = timeout(POLITE, client.batch_execute("ROLLBACK")).await {
            self.client = Some(client);
        }
    }
}

impl PostgresSink {
    fn client(&self) -> Result<&Client, SinkError> {
        self.client.as_ref().ok_or_else(|| SinkError::fatal("no transaction was begun"))
    }

    fn finished(&mut self) {
        self.busy = false;
        self.last_used = SystemTime::now();
    }
}

/// Begins on a connection kept from an earlier invocation; `false` where it has died since.
async fn revive(client: &Client, doubtful: bool) -> bool {
    if client.is_closed() {
        return false;
    }
    let begun = client.batch_execute(BEGIN);
    if doubtful {
        matches!(timeout(ALIVE_WITHIN, begun).await, Ok(Ok(())))
    } else {
        begun.await.is_ok()
    }
}

async fn connect(connection: &Connection) -> Result<Client, SinkError> {
    let tls = MakeRustlsConnect::new(tls::client_config(&connection.verification)?);
    let connected = connection.client.connect(tls).await;
    let (client, driver) = connected.map_err(|error| {
        let SinkError { fault, cause } = fault::classify_outside_rows(&error);
        let message = format!("cannot connect to {}: {}", connection.address(), cause.message);
        SinkError { fault, cause: Cause { message: message.into(), ..cause } }
    })?;
    // It ends with the client, and its errors reach whoever waits for an answer.
    tokio::spawn(async move { driver.await.ok() });
    Ok(client)
}
