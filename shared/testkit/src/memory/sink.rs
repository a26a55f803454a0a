//! One connection to the database in memory. It checks that its caller keeps every promise of the
//! [`Sink`] trait and panics if one is broken.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::change::Missing;
use sluice_bridge::model::failure::{Cause, Fault, SinkError};
use sluice_bridge::model::table::{Table, TableName};
use sluice_bridge::options::offsets::Ledger;
use sluice_bridge::sink::batch::{Batch, Operation};
use sluice_bridge::sink::position::Position;
use sluice_bridge::sink::{Rehearse, Sink, Stride, Written};

use super::promises;
use super::script::{Script, refused};
use super::storage::Storage;
use super::{Change, MemoryDatabase, Method, Positions, Report, Trouble};
use crate::table::{ColumnSpec, Kind};

/// A batch that was given to `write`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// The operation.
    pub operation: Operation,
    /// How many rows it had.
    pub rows: usize,
    /// Whether every row of it was written or found nothing to change.
    pub accepted: bool,
}

pub(super) type Judge = dyn Fn(&ColumnSpec, Cell<'_>) -> bool;

/// A sink whose every call can be made to fail.
pub struct MemorySink {
    pub(super) database: MemoryDatabase,
    pub(super) report: Report,
    pub(super) is_bad: Box<Judge>,
    script: Script,
    attempts: Vec<Attempt>,
    stride: Option<usize>,
    /// The rows that this invocation knows to be durable, if the sink is durable at once; `None`
    /// otherwise.
    pub(super) durable: Option<HashSet<String>>,
    /// Whether it knows which values are bad before the target is asked.
    checks: bool,
    /// The cells of the rows pushed so far, until `finish`.
    pushed: Option<Vec<String>>,
    vanguard: usize,
    age: u32,
    pub(super) work: Option<Work>,
    /// A call failed or was dropped: only `abandon` may come now.
    spoiled: bool,
}

/// What is not committed yet.
pub(super) struct Work {
    pub(super) tables: BTreeMap<String, Storage>,
    pub(super) changes: Vec<Change>,
    pub(super) positions: Positions,
    described: HashSet<TableName>,
}

impl MemorySink {
    /// A connection. These are bad: a value that is not an integer in a column of integers, and a
    /// row whose key exists or is null.
    #[must_use]
    pub fn new(database: &MemoryDatabase, report: Report) -> Self {
        Self {
            database: database.clone(),
            report,
            is_bad: Box::new(no_integer),
            script: Script::default(),
            attempts: Vec::new(),
            stride: None,
            durable: None,
            checks: false,
            pushed: None,
            vanguard: 0,
            age: database.state().age,
            work: None,
            spoiled: false,
        }
    }

    /// Says which cells are bad, instead of the rules of the columns' kinds.
    #[must_use]
    pub fn bad(self, is_bad: impl Fn(&ColumnSpec, Cell<'_>) -> bool + 'static) -> Self {
        Self { is_bad: Box::new(is_bad), ..self }
    }

    /// Takes this many rows at a time while later ones are still being mapped.
    #[must_use]
    pub fn ahead(self, stride: Option<usize>) -> Self {
        Self { stride, ..self }
    }

    /// Makes rows durable as soon as they are written, like a target without transactions.
    #[must_use]
    pub fn durable_at_once(self) -> Self {
        Self { durable: Some(HashSet::new()), ..self }
    }

    /// Knows which values are bad before the target is asked.
    #[must_use]
    pub fn checks(self) -> Self {
        Self { checks: true, ..self }
    }

    /// Makes the `nth` call (from zero) of a method fail.
    #[must_use]
    pub fn trouble(mut self, method: Method, nth: usize, trouble: Trouble) -> Self {
        self.script.add(method, nth, trouble);
        self
    }

    /// How often a method was called.
    #[must_use]
    pub fn calls(&self, method: Method) -> usize {
        self.script.count(method)
    }

    /// How many rows were sent before the rest were mapped, since the last `begin`.
    #[must_use]
    pub fn vanguard(&self) -> usize {
        self.vanguard
    }

    /// Every batch that `write` was given.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    async fn enter(&mut self, method: Method) -> Result<Answer, SinkError> {
        assert!(!self.spoiled, "{method:?} was called after a fault, without abandon");
        self.spoiled = true;
        match self.script.next(method) {
            Some(Trouble::Refused(fault)) => {
                self.spoiled = !matches!(fault, Fault::Data(_));
                Err(refused(fault))
            }
            Some(Trouble::RetryAfter(retry_after_ms)) => {
                let cause = Cause { retry_after_ms, ..Cause::new("busy") };
                Err(SinkError { fault: Fault::Transient, cause })
            }
            Some(Trouble::Hang) => std::future::pending().await,
            Some(Trouble::AnswerLost) => Ok(Answer::Lost),
            Some(Trouble::Postponed(every)) => Ok(Answer::Partly(every)),
            None if method != Method::Begin && self.age != self.database.state().age => {
                Err(SinkError::transient("the connection is broken"))
            }
            None => Ok(Answer::Given),
        }
    }

    fn leave<T>(&mut self, answer: &Answer, value: T) -> Result<T, SinkError> {
        match answer {
            Answer::Lost => Err(SinkError::transient("the answer was lost")),
            Answer::Given | Answer::Partly(_) => {
                self.spoiled = false;
                Ok(value)
            }
        }
    }

    fn work(&mut self) -> &mut Work {
        self.work.as_mut().expect("begin comes first")
    }
}

enum Answer {
    Given,
    Lost,
    /// Every n-th row is postponed.
    Partly(usize),
}

impl Sink for MemorySink {
    async fn anticipate(&mut self) {
        assert!(self.work.is_none(), "anticipate comes before begin");
    }

    async fn begin(&mut self) -> Result<(), SinkError> {
        assert!(self.work.is_none(), "begin was called twice, without commit or abandon");
        let answer = self.enter(Method::Begin).await?;
        self.vanguard = 0;
        self.age = self.database.state().age;
        let tables = self.database.state().tables.clone();
        let positions = self.database.state().positions.clone();
        let described = HashSet::new();
        self.work = Some(Work { tables, changes: Vec::new(), positions, described });
        self.leave(&answer, ())
    }

    async fn table(&mut self, name: &TableName) -> Result<Option<Table>, SinkError> {
        let answer = self.enter(Method::Table).await?;
        let work = self.work();
        let Some(storage) = work.tables.get(&name.name) else {
            return self.leave(&answer, None);
        };
        let table = storage.describe(name);
        work.described.insert(name.clone());
        self.leave(&answer, Some(table))
    }

    async fn make(&mut self, missing: &Missing) -> Result<(), SinkError> {
        assert!(self.work.is_none(), "make comes before begin");
        let answer = self.enter(Method::Make).await?;
        self.database.make(missing);
        self.leave(&answer, ())
    }

    fn is_durable_at_once(&self) -> bool {
        self.durable.is_some()
    }

    fn check(&self, table: &Table, cells: &[Cell<'_>]) -> Result<(), Cause> {
        let tables = self.work.as_ref().filter(|_| self.checks).map(|work| &work.tables);
        let Some(storage) = tables.and_then(|tables| tables.get(&table.name.name)) else {
            return Ok(());
        };
        let columns = storage.spec.columns.iter().zip(cells);
        match columns
            .clone()
            .find(|(column, cell)| cell.is_value() && (self.is_bad)(column, **cell))
        {
            Some((column, cell)) => {
                Err(Cause::mismatch(&column.name, "good", cell.kind(), "the value is bad"))
            }
            None => Ok(()),
        }
    }

    fn repeats_keys(&self) -> bool {
        self.durable.is_none()
    }

    fn stride(&self) -> Option<Stride> {
        self.stride.map(|rows| Stride { rows, least: 2 * rows })
    }

    async fn push(&mut self, next: &Batch<'_, '_>) -> bool {
        promises::assert_kept(next);
        assert!(self.work().described.contains(&next.table.name), "table comes before push");
        let refuses = matches!(next.operation, Operation::Update | Operation::Delete);
        if refuses {
            assert!(self.pushed.is_none(), "rows that follow are like those before");
            return false;
        }
        self.pushed.get_or_insert_default().extend(cells(next));
        true
    }

    async fn finish(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        let pushed = self.pushed.take().expect("rows were pushed before");
        self.vanguard = batch.len();
        assert!(pushed.iter().eq(&cells(batch)), "the rows are those that were pushed");
        self.write(batch).await
    }

    async fn write(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        assert!(self.pushed.is_none(), "a batch on its way is finished first");
        promises::assert_kept(batch);
        let (operation, rows) = (batch.operation, batch.len());
        self.attempts.push(Attempt { operation, rows, accepted: false });
        let answer = self.enter(Method::Write).await?;
        assert!(self.work().described.contains(&batch.table.name), "table comes before write");
        let dropped = !self.database.state().tables.contains_key(&batch.table.name.name);
        if dropped {
            return Err(SinkError::fatal(format!("there is no table {}", batch.table.name)));
        }
        let postponed = match &answer {
            Answer::Partly(every) => (0..rows).step_by(*every).collect(),
            Answer::Given | Answer::Lost => Vec::new(),
        };
        let written = self.apply(batch, &postponed).inspect_err(|_| self.spoiled = false)?;
        if let (Some(known), Answer::Given | Answer::Partly(_)) = (&mut self.durable, &answer) {
            promises::assert_new(batch, &written, known);
        }
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.accepted = written.rejected.is_empty() && written.postponed.is_none();
        }
        self.leave(&answer, written)
    }

    async fn lock_positions(
        &mut self,
        ledger: &Ledger,
        asked: &[Position],
    ) -> Result<Vec<Position>, SinkError> {
        let answer = self.enter(Method::Positions).await?;
        let known = self.work().positions.entry(ledger.connector.clone()).or_default();
        let mut locked = asked.to_vec();
        for position in &mut locked {
            let name = |of: &Position| (of.topic.clone(), of.partition, of.table.clone());
            if let Some(known) = known.iter().find(|known| name(known) == name(position)) {
                *position = known.clone();
            }
        }
        self.leave(&answer, locked)
    }

    async fn store_positions(
        &mut self,
        ledger: &Ledger,
        reached: &[Position],
    ) -> Result<(), SinkError> {
        let answer = self.enter(Method::Positions).await?;
        let known = self.work().positions.entry(ledger.connector.clone()).or_default();
        known.retain(|known| {
            !reached
                .iter()
                .any(|new| (&new.topic, new.partition) == (&known.topic, known.partition))
        });
        known.extend_from_slice(reached);
        self.leave(&answer, ())
    }

    async fn commit(&mut self) -> Result<(), SinkError> {
        let answer = self.enter(Method::Commit).await?;
        let work = self.work.take().expect("begin comes first");
        self.durable.iter_mut().for_each(HashSet::clear);
        self.database.commit(work);
        self.leave(&answer, ())
    }

    async fn abandon(&mut self) {
        self.pushed = None;
        self.work = None;
        self.spoiled = false;
    }
}

/// The cells of a batch's rows in its columns.
fn cells(batch: &Batch<'_, '_>) -> Vec<String> {
    let row =
        |row| batch.columns.iter().map(|&column| batch.cells(row)[column]).collect::<Vec<_>>();
    (0..batch.len()).map(|index| format!("{:?}", row(index))).collect()
}

fn no_integer(column: &ColumnSpec, cell: Cell<'_>) -> bool {
    let integer = || cell.as_text().is_none_or(|text| text.parse::<i64>().is_ok());
    column.kind == Kind::Integer && !integer()
}

impl Rehearse for MemorySink {}

impl fmt::Debug for MemorySink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySink").field("report", &self.report).finish_non_exhaustive()
    }
}
