//! One connection and one transaction per invocation.

mod ahead;
mod compare;
mod rehearse;
mod state;

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::SystemTime;

use bumpalo::Bump;
use mysql_async::prelude::Queryable;
use sluice_bridge::batch::{Batch, Operation};
use sluice_bridge::cell::Cell;
use sluice_bridge::design::Missing;
use sluice_bridge::failure::{Cause, SinkError};
use sluice_bridge::ledger::{EXACTLY_ONCE_ENABLED, Ledger, Position};
use sluice_bridge::options::{Opt, Settings};
use sluice_bridge::sink::{Connector, Sink, Stride, Written};
use sluice_bridge::table::{Table, TableName};
use sluice_bridge::unix::UnixPrecision;

use crate::catalog;
use crate::config::{self, Connection};
use crate::definition;
use crate::encode::encode;
use crate::fault;
use crate::foresight::{Foresight, Found};
use crate::key;
use crate::position;
use crate::profile::Dialect;
use crate::question;
use crate::session::Session;
use crate::shape::Shape;
use crate::sink::ahead::Ahead;
use crate::writing;
use crate::zone::{Clock, Zone};

/// MySQL, as one invocation sees it.
#[derive(Debug)]
pub struct MySqlSink {
    connection: Connection,
    /// Decimal places of a second that a JSON number counts.
    unix_places: u8,
    zone: Zone,
    /// Read when a session begins, and the same until the next one does.
    clock: Clock,
    session: Option<Session>,
    /// By the wall clock: others may stand still while the execution environment is frozen.
    last_used: SystemTime,
    tables: HashMap<TableName, Shape>,
    /// What was asked ahead of an invocation, and what it came to.
    foresight: Option<Foresight>,
    found: Option<Found>,
    /// The rows on their way, and how many.
    ahead: Option<Ahead>,
    /// Whether the rows have to be of a table that rolls back.
    exactly_once: bool,
    /// Whether the savepoint is set, and nothing asked or written since.
    marked: bool,
    /// Whether rows are only tried out.
    rehearses: bool,
    /// Whether a call is under way: still set later, its future was dropped half way.
    busy: bool,
}

impl Connector for MySqlSink {
    const OPTIONS: &'static [&'static Opt] = config::OPTIONS;

    fn configure(settings: &mut Settings) -> Option<Self> {
        let unix_places = UnixPrecision::from_settings(settings).places();
        let zone = Zone::from_settings(settings);
        let connection = Connection::from_settings(settings)?;
        if connection.dialect == Dialect::AnalyticDb && settings.flag(&EXACTLY_ONCE_ENABLED) {
            settings.problem(position::NO_TRANSACTIONS);
        }
        let clock = zone.clock(SystemTime::now());
        Some(Self {
            connection,
            unix_places,
            zone,
            clock,
            session: None,
            last_used: SystemTime::now(),
            tables: HashMap::new(),
            foresight: None,
            found: None,
            ahead: None,
            exactly_once: false,
            marked: false,
            rehearses: false,
            busy: false,
        })
    }
}

impl Sink for MySqlSink {
    async fn anticipate(&mut self) {
        self.foresee().await;
    }

    async fn begin(&mut self) -> Result<(), SinkError> {
        (self.exactly_once, self.marked, self.rehearses) = (false, false, false);
        self.busy = true;
        if self.recall().await {
            self.finished();
            return Ok(());
        }
        let offset = self.read_clock();
        let doubtful = self.is_doubtful();
        self.session = match self.session.take() {
            Some(session) => session.revive(&offset, doubtful).await,
            None => None,
        };
        if self.session.is_none() {
            self.session = Some(Session::open(&self.connection, &offset).await?);
        }
        self.finished();
        Ok(())
    }

    async fn table(&mut self, name: &TableName) -> Result<Option<Table>, SinkError> {
        if !definition::is_table(name) {
            return Ok(None);
        }
        self.busy = true;
        let terms = self.terms();
        let found = self.found.take_if(|found| found.table == *name);
        // Going back to the savepoint would let go of what is locked behind it.
        self.marked &= found.is_some();
        let session = self.session()?;
        let read = match found {
            Some(found) => catalog::describe(found.answer, name, &session.profile, &terms)?,
            None => catalog::read(session, name, &terms).await?,
        };
        self.finished();
        let Some((table, shape)) = read else {
            self.tables.remove(name);
            return Ok(None);
        };
        self.tables.insert(name.clone(), shape);
        Ok(Some(table))
    }

    async fn similar(&mut self, name: &TableName) -> Option<TableName> {
        self.busy = true;
        let similar = question::similar(self.session().ok()?.conn().ok()?, name).await.ok()?;
        self.finished();
        similar
    }

    async fn make(&mut self, missing: &Missing) -> Result<(), SinkError> {
        self.begin().await?;
        self.busy = true;
        let terms = self.terms();
        definition::make(self.session()?, missing, &terms).await?;
        self.finished();
        Ok(())
    }

    fn is_durable_at_once(&self) -> bool {
        self.session.as_ref().is_some_and(|session| !session.profile.transactional)
    }

    fn may_hide(&self, table: &Table) -> Option<Cause> {
        let shape = self.tables.get(&table.name)?;
        shape.may_hide.then(|| Shape::in_part(&table.name))
    }

    fn takes_name(name: &str) -> bool {
        definition::is_name(name)
    }

    fn one_name(name: &str) -> Cow<'_, str> {
        definition::one_name(name).into()
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

    fn compares_in_batch(&self, _: &Table, _: Operation) -> bool {
        // The rows of a statement, and statements of a row each, are applied in order.
        true
    }

    fn check(&self, table: &Table, cells: &[Cell<'_>]) -> Result<(), Cause> {
        let Some(shape) = self.tables.get(&table.name) else { return Ok(()) };
        let mut scratch = Vec::new();
        let sent = |(cell, _): &(&Cell<'_>, _)| **cell != Cell::Absent;
        cells.iter().zip(&shape.columns).filter(sent).try_for_each(|(cell, column)| {
            scratch.clear();
            encode(*cell, column, &mut scratch).map(|_| ())
        })
    }

    async fn write(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        if self.rehearses && !self.may_try(batch) {
            return Ok(self.encode_only(batch));
        }
        self.busy = true;
        self.marked = false;
        let (conn, statement) = self.statement(batch)?;
        let written = writing::write(conn, statement).await;
        self.finished();
        written
    }

    fn stride(&self) -> Option<Stride> {
        // What is only tried out goes by `write`. Where there are no transactions an event is read to
        // its end before the first of its rows is written, and so it is where nobody knows yet.
        let undoes = self.session.as_ref().is_some_and(|session| session.profile.transactional);
        (undoes && !self.rehearses).then_some(ahead::STRIDE)
    }

    async fn push(&mut self, next: &Batch<'_, '_>) -> bool {
        self.busy = true;
        let goes = self.send_ahead(next).await;
        self.finished();
        goes
    }

    async fn finish(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        self.busy = true;
        let written = self.land_ahead(batch).await;
        self.finished();
        written
    }

    async fn lock_positions(
        &mut self,
        ledger: &Ledger,
        asked: &[Position],
    ) -> Result<Vec<Position>, SinkError> {
        self.busy = true;
        self.marked = false;
        let offset = self.clock.session_offset();
        let (locked, made) = position::lock(self.session()?, ledger, asked, &offset).await?;
        if made {
            self.found = None;
        }
        self.exactly_once = true;
        self.finished();
        Ok(locked)
    }

    async fn store_positions(
        &mut self,
        ledger: &Ledger,
        reached: &[Position],
    ) -> Result<(), SinkError> {
        self.busy = true;
        position::store(self.session()?, ledger, reached).await?;
        self.finished();
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), SinkError> {
        if self.rehearses {
            return Err(SinkError::fatal("what was only tried out cannot be committed"));
        }
        self.busy = true;
        let session = self.session()?;
        if session.profile.transactional {
            let committed = session.conn()?.query_drop("COMMIT").await;
            committed.map_err(|error| fault::classify_commit(&error))?;
        }
        self.finished();
        Ok(())
    }

    async fn abandon(&mut self) {
        let is_away = self.ahead.take().is_some() || self.foresight.take().is_some();
        self.found = None;
        let Some(session) = self.session.take() else { return };
        if is_away || self.busy {
            let peer = session.peer.clone();
            drop(session);
            if let Some(peer) = peer {
                peer.kill(&self.connection).await;
            }
        } else {
            self.session = session.roll_back().await;
        }
    }
}
