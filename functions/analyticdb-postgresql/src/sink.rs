//! One connection and one transaction per invocation; every batch in a savepoint of its own.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use bumpalo::Bump;
use futures_util::future;
use sluice_bridge::batch::Batch;
use sluice_bridge::cell::Cell;
use sluice_bridge::design::Missing;
use sluice_bridge::failure::{Cause, SinkError};
use sluice_bridge::ledger::{Ledger, Position};
use sluice_bridge::options::{Opt, Settings};
use sluice_bridge::sink::{Connector, Rehearse, Rejected, Sink, Written};
use sluice_bridge::table::{Table, TableName};
use sluice_bridge::unix::UnixPrecision;
use tokio_postgres::Client;

use crate::catalog;
use crate::column::{ColumnType, Shape};
use crate::commit;
use crate::config::{self, Connection};
use crate::definition;
use crate::encode::encode;
use crate::fault;
use crate::key;
use crate::position;
use crate::profile::Profile;
use crate::rehearsal::{self, Rehearsed, Traces};
use crate::session::{self, Session};
use crate::statement::Statement;
use crate::way::Way;

/// A connection unused for this long may have died with the frozen execution environment
/// without anybody noticing.
const IDLE: Duration = Duration::from_secs(5);

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

/// PostgreSQL, as one invocation sees it.
#[derive(Debug)]
pub struct PostgresSink {
    connection: Connection,
    /// Decimal places of a second that a JSON number counts.
    unix_places: u8,
    session: Option<Session>,
    /// By the wall clock: others may stand still while the execution environment is frozen.
    last_used: SystemTime,
    tables: HashMap<TableName, Shape>,
    savepoint: Savepoint,
    /// The id of the transaction under way, once it has written.
    transaction: Option<i64>,
    /// What is known of the tables that rows are tried out on, while they are.
    rehearsal: Option<Traces>,
    /// Whether a call is under way: still set later, its future was dropped half way.
    busy: bool,
}

impl Connector for PostgresSink {
    const OPTIONS: &'static [&'static Opt] = config::OPTIONS;

    fn configure(settings: &mut Settings) -> Option<Self> {
        Some(Self {
            unix_places: UnixPrecision::from_settings(settings).places(),
            connection: Connection::from_settings(settings)?,
            session: None,
            last_used: SystemTime::now(),
            tables: HashMap::new(),
            savepoint: Savepoint::Unset,
            transaction: None,
            rehearsal: None,
            busy: false,
        })
    }
}

impl Sink for PostgresSink {
    async fn begin(&mut self) -> Result<(), SinkError> {
        self.savepoint = Savepoint::Unset;
        self.transaction = None;
        self.rehearsal = None;
        self.busy = true;
        let kept = self.session.take();
        let doubtful = self.last_used.elapsed().map_or(true, |idle| idle > IDLE);
        self.session = Some(match kept {
            Some(session) if session.revive(&self.connection, doubtful).await => session,
            _ => Session::open(&self.connection).await?,
        });
        self.finished();
        Ok(())
    }

    async fn table(&mut self, name: &TableName) -> Result<Option<Table>, SinkError> {
        self.busy = true;
        let read =
            catalog::read(self.client()?, self.savepoint.renew(), name, self.unix_places).await?;
        self.finished();
        let Some((table, shape)) = read else {
            self.savepoint = Savepoint::Failed;
            self.tables.remove(name);
            return Ok(None);
        };
        self.savepoint = Savepoint::Passed;
        if self.rehearsal.is_some() {
            let traces = rehearsal::read(self.client()?, &table).await?;
            self.rehearsal.get_or_insert_default().insert(name.clone(), traces);
        }
        self.tables.insert(name.clone(), shape);
        Ok(Some(table))
    }

    async fn make(&mut self, missing: &Missing) -> Result<(), SinkError> {
        self.begin().await?;
        self.busy = true;
        let session = self.session()?;
        definition::make(session, missing).await?;
        self.finished();
        Ok(())
    }

    fn takes_name(name: &str) -> bool {
        definition::is_name(name)
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
        let filled = match self.rehearsal_of(batch) {
            Rehearsed::Not => None,
            Rehearsed::Tried(filled) => Some(filled),
            Rehearsed::Encoded => return Ok(self.encode_only(batch)),
        };
        let (shape, statement) = self.statement(batch)?;
        let statement = Statement { filled: filled.as_ref(), ..statement };
        let client = self.client()?;
        let renew = statement.behind(self.savepoint.renew());
        // Asked ahead of the first batch, it travels with it.
        let id = async {
            match self.transaction {
                Some(id) => Ok(Some(id)),
                None if !statement.profile.tells_outcome => Ok(None),
                None => commit::transaction_id(client).await,
            }
        };
        let way = if filled.is_some() { Way::Arrays } else { Way::of(shape, statement) };
        let (id, outcome) = future::join(id, way.write(client, &renew, statement)).await;
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

    async fn lock_positions(
        &mut self,
        ledger: &Ledger,
        asked: &[Position],
    ) -> Result<Vec<Position>, SinkError> {
        self.busy = true;
        let session = self.session()?;
        let mut locked = position::lock(session, ledger, asked).await?;
        if locked.is_none() {
            position::create(&session.client, ledger).await?;
            session.begin(&self.connection).await?;
            locked = position::lock(session, ledger, asked).await?;
        }
        self.finished();
        locked.ok_or_else(|| SinkError::transient("the offsets table was made and is gone again"))
    }

    async fn store_positions(
        &mut self,
        ledger: &Ledger,
        reached: &[Position],
    ) -> Result<(), SinkError> {
        self.busy = true;
        self.undo_failed().await?;
        position::store(self.client()?, ledger, reached).await?;
        self.finished();
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), SinkError> {
        if self.rehearsal.is_some() {
            return Err(SinkError::fatal("what was only tried out cannot be committed"));
        }
        self.busy = true;
        let Session { client, profile } = self.session()?;
        let settle = match self.savepoint {
            Savepoint::Unset => "SAVEPOINT sluice",
            Savepoint::Passed => "RELEASE SAVEPOINT sluice",
            Savepoint::Failed => "ROLLBACK TO SAVEPOINT sluice",
        };
        match (commit::commit(client, settle).await, self.transaction) {
            // The answer is lost, not the question.
            (Err(_), Some(id)) if client.is_closed() => {
                let other = session::connect(&self.connection).await?;
                commit::ask(&other, id).await?;
                self.session = Some(Session { client: other, profile: *profile });
            }
            (committed, _) => committed?,
        }
        self.finished();
        Ok(())
    }

    async fn abandon(&mut self) {
        let Some(session) = self.session.take() else { return };
        if self.busy && !session.client.is_closed() {
            session.cancel(&self.connection).await;
        } else {
            self.session = session.roll_back().await;
        }
    }
}

impl Rehearse for PostgresSink {
    async fn rehearse(&mut self, missing: &[Missing]) -> Result<(), SinkError> {
        self.begin().await?;
        self.rehearsal = Some(Traces::default());
        self.busy = true;
        for missing in missing {
            definition::rehearse(self.session()?, missing).await?;
        }
        self.finished();
        Ok(())
    }

    fn column_types(&self, table: &Table) -> Vec<String> {
        let shape = self.tables.get(&table.name);
        let columns = shape.map_or(&[][..], |shape| &shape.columns);
        columns.iter().map(|column| column.shown.clone()).collect()
    }

    fn untried(&self, table: &Table) -> Option<String> {
        self.rehearsal.as_ref()?.get(&table.name)?.untried()
    }

    fn definition(&self, missing: &Missing) -> Option<String> {
        Some(definition::statement(missing, &self.session().ok()?.profile))
    }
}

impl PostgresSink {
    /// How a batch is tried out, if it is.
    fn rehearsal_of(&mut self, batch: &Batch<'_, '_>) -> Rehearsed {
        let traces = self.rehearsal.as_mut();
        match traces.map(|traces| traces.get_mut(&batch.table.name)) {
            None => Rehearsed::Not,
            Some(None) => Rehearsed::Encoded,
            Some(Some(trace)) => trace.rehearsed(batch),
        }
    }

    /// Holds rows to their columns' types, and asks the server nothing.
    fn encode_only(&self, batch: &Batch<'_, '_>) -> Written {
        let wrong = |row| self.check(batch.table, batch.cells(row)).err();
        let rejected =
            (0..batch.len()).filter_map(|row| Some(Rejected { row, cause: wrong(row)? }));
        Written { rejected: rejected.collect(), unmatched: Vec::new() }
    }

    fn session(&self) -> Result<&Session, SinkError> {
        self.session.as_ref().ok_or_else(|| SinkError::fatal("no transaction was begun"))
    }

    /// What a batch is made into, for its table and this server.
    fn statement<'a, 'e>(
        &'a self,
        batch: &Batch<'a, 'e>,
    ) -> Result<(&'a Shape, Statement<'a, 'e>), SinkError> {
        let Some(shape) = self.tables.get(&batch.table.name) else {
            return Err(SinkError::fatal("the table was not described before it was written to"));
        };
        let profile = self.session()?.profile;
        let on_conflict = profile.on_conflict && shape.takes_on_conflict;
        let profile = Profile { on_conflict, ..profile };
        Ok((shape, Statement { batch: *batch, types: &shape.columns, profile, filled: None }))
    }

    fn client(&self) -> Result<&Client, SinkError> {
        Ok(&self.session()?.client)
    }

    /// Leaves the transaction fit for other statements than the next batch's.
    async fn undo_failed(&mut self) -> Result<(), SinkError> {
        if self.savepoint == Savepoint::Failed {
            let undone = self.client()?.batch_execute(self.savepoint.renew()).await;
            undone.map_err(|error| fault::classify_outside_rows(&error))?;
            self.savepoint = Savepoint::Passed;
        }
        Ok(())
    }

    fn finished(&mut self) {
        self.busy = false;
        self.last_used = SystemTime::now();
    }
}
