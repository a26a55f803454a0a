//! The interface that every target implements.

use std::borrow::Cow;

use bumpalo::Bump;

use crate::model::cell::Cell;
use crate::model::change::Missing;
use crate::model::failure::{Cause, SinkError};
use crate::model::table::{Table, TableName};
use crate::options::offsets::Ledger;
use crate::sink::batch::{Batch, Operation};
use crate::sink::position::Position;

/// One row of a batch that the target, or the type of one of its columns, refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Its index in the batch.
    pub row: usize,
    /// Why.
    pub cause: Cause,
}

/// How rows set out ahead of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stride {
    /// So many at a time.
    pub rows: usize,
    /// Where at least so many records are to be mapped.
    pub least: usize,
}

/// What became of a batch whose other rows are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows that are not.
    pub rejected: Vec<Rejected>,
    /// Rows of an update that found nothing to change, by index in the batch.
    pub unmatched: Vec<usize>,
    /// Rows that the target does not take now, but may take later.
    pub postponed: Option<Postponed>,
}

/// Rows of a batch that the target does not take now: it is busy, or it did not answer for them.
/// They are sent again after a pause, before any later row, and without the other rows of their
/// batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postponed {
    /// Their indexes in the batch.
    pub rows: Vec<usize>,
    /// Why, and how long the target asks to be left alone.
    pub cause: Cause,
}

/// A database that takes rows, as one invocation sees it.
///
/// The caller promises: `begin` comes first, behind `anticipate` if at all; `table` before the first `write` to it in the
/// same invocation; one call at a time; after any `Err`, and whenever a future was dropped
/// before it was ready, `abandon` comes before the next `begin`, unless the error was
/// [`Fault::Data`](crate::model::failure::Fault::Data), after which the work goes on.
///
/// The implementer promises:
/// - Nothing is durable before `commit`, unless the sink [is durable at once](Sink::is_durable_at_once).
/// - It may cut a batch into several requests and send them side by side. It answers for the whole
///   batch when all of them have ended.
/// - It reorders only rows of a batch that is not
///   [`in_order`](crate::sink::batch::Batch::in_order).
/// - It leaves retries and pauses to the caller: a row that the target does not take now is
///   [`Postponed`], and a call that failed is an error.
/// - It never guesses: what it does not recognise is
///   [`Fault::Fatal`](crate::model::failure::Fault::Fatal).
#[allow(async_fn_in_trait, reason = "one thread, one invocation: nothing needs to be Send")]
pub trait Sink {
    /// Gets under way what the invocation at hand will most likely ask, and waits for no answer:
    /// the first of its records are read meanwhile. `begin` or `abandon` comes next.
    async fn anticipate(&mut self) {}

    /// Opens the work of one invocation, connecting if need be.
    ///
    /// # Errors
    /// Nothing was begun.
    async fn begin(&mut self) -> Result<(), SinkError>;

    /// Describes a table as it is now; `None` if there is none. Where the target limits how often it
    /// may be asked, the sink may keep a description. It forgets one that an answer to `write`
    /// contradicts, and that answer is `Transient`, never `Data`: no record is at fault.
    ///
    /// # Errors
    /// `Fatal` if it may not be read.
    async fn table(&mut self, name: &TableName) -> Result<Option<Table>, SinkError>;

    /// A table whose name differs from that of a missing one in its spelling only, such as in case
    /// or in quotes. It is named in a message. `None` where there is none, or where the target
    /// cannot be asked.
    async fn similar(&mut self, _name: &TableName) -> Option<TableName> {
        None
    }

    /// Makes a table or columns, durable at once: no part of an invocation's work, it comes
    /// between `abandon` and `begin`. That somebody else made the same meanwhile is success.
    ///
    /// # Errors
    /// It is not made. `Data` where the target refuses it for what the records ask for, such as a name
    /// that is too long or too many columns; the cause names the column at fault, if one is. The
    /// records that ask for it then become failures.
    async fn make(&mut self, _missing: &Missing) -> Result<(), SinkError> {
        Err(SinkError::fatal(
            "tables cannot be made here: set auto.create and auto.evolve to false",
        ))
    }

    /// Whether what is written is durable at once, so that nothing undoes it. Known once `begin` has
    /// succeeded.
    ///
    /// Of such a sink `write` answers `Err(Data)` only where nothing of the batch was written, for
    /// parts of the batch are written then; what it wrote beside rows that it refuses or does not know
    /// the fate of, it tells with `Ok`. What it answered for is not sent again in the same invocation,
    /// whatever fails after that.
    fn is_durable_at_once(&self) -> bool {
        false
    }

    /// Why a table that was described may have columns that the description lacks, such as a
    /// privilege that is missing; `None` where it was described whole. A key without a column then
    /// gives the batch back: it may have one.
    fn may_hide(&self, _table: &Table) -> Option<Cause> {
        None
    }

    /// Whether a column can have this name.
    #[must_use]
    fn takes_name(name: &str) -> bool
    where
        Self: Sized,
    {
        !name.is_empty()
    }

    /// How many more columns a table can get; without one, how many a new table can have.
    fn room(&self, _table: Option<&Table>) -> usize {
        usize::MAX
    }

    /// What is the same for all spellings of a name that the target takes for one column.
    #[must_use]
    fn one_name(name: &str) -> Cow<'_, str>
    where
        Self: Sized,
    {
        name.into()
    }

    /// The characters that stand for a key's cell when rows are told apart: two cells that the
    /// target takes for the same value must come out the same, such as `1`, `1.0` and `"01"`
    /// for an integer. What the column cannot hold may come out as it is.
    fn key_text<'e>(
        &self,
        _table: &Table,
        _column: usize,
        cell: Cell<'e>,
        _arena: &'e Bump,
    ) -> Option<&'e str> {
        cell.as_text()
    }

    /// Whether [`Sink::key_text`] can stand for this cell of a key. Rows with a key that only the
    /// target can compare are written in record order, and not reduced.
    fn compares(&self, _table: &Table, _column: usize, _cell: Cell<'_>) -> bool {
        true
    }

    /// Whether a batch may hold several rows with keys that only the target can compare: where two
    /// are the same, it applies them in order, or refuses the batch with
    /// [`Fault::Data`](crate::model::failure::Fault::Data).
    fn compares_in_batch(&self, _table: &Table, _operation: Operation) -> bool {
        false
    }

    /// Whether an insert may hold several rows of one key. Where it may not, each comes in a batch of
    /// its own, in record order. A sink that postpones rows says `false`: a row that is sent again
    /// would come after a later one of its key.
    fn repeats_keys(&self) -> bool {
        true
    }

    /// Whether the columns can hold the cells of a row, as far as the sink knows without asking
    /// the target. Asked only of rows that others of their key will cover, and that the target
    /// would therefore never see.
    ///
    /// # Errors
    /// Why not.
    fn check(&self, _table: &Table, _cells: &[Cell<'_>]) -> Result<(), Cause> {
        Ok(())
    }

    /// Writes a batch. `Ok` means that every row not named in it will be durable with
    /// `commit`, whatever the target checks only then: it is made to check now. Rows named in
    /// it have left no trace.
    ///
    /// # Errors
    /// No row of this batch will be durable, or writing it again does no harm. `Data` names
    /// the first bad row where the target told which; what was written before stays.
    async fn write(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError>;

    /// Whether the sink takes rows ahead of those that are still being mapped, so that the target
    /// works meanwhile; `None` if it takes a batch only whole.
    fn stride(&self) -> Option<Stride> {
        None
    }

    /// Sets the next rows of a batch on their way: not before `table`, in place of `write`, and
    /// with nothing else of the invocation before [`Sink::finish`]. The first call decides:
    /// `false` says that rows like these go by `write`, and nothing was done. Whatever goes wrong
    /// is for `finish` to tell.
    async fn push(&mut self, _next: &Batch<'_, '_>) -> bool {
        false
    }

    /// Ends a batch of which all rows were pushed, and answers for it as `write` does.
    ///
    /// # Errors
    /// As `write`.
    async fn finish(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        self.write(batch).await
    }

    /// Locks the places that a connector has reached until the transaction ends, making those
    /// that are new (offset 0), and tells them. Comes right after `begin`, and only with
    /// `exactly.once.enabled`; a sink without transactions does not have it.
    ///
    /// # Errors
    /// They could not be had; `Transient` where another invocation holds them for too long.
    async fn lock_positions(
        &mut self,
        _ledger: &Ledger,
        _asked: &[Position],
    ) -> Result<Vec<Position>, SinkError> {
        Err(SinkError::fatal("exactly.once.enabled=true needs a target with transactions"))
    }

    /// Stores the places that are reached once everything written is committed; they were all
    /// locked before.
    ///
    /// # Errors
    /// They will not be.
    async fn store_positions(
        &mut self,
        _ledger: &Ledger,
        _reached: &[Position],
    ) -> Result<(), SinkError> {
        Err(SinkError::fatal("exactly.once.enabled=true needs a target with transactions"))
    }

    /// Makes everything durable.
    ///
    /// # Errors
    /// It is not, or nobody knows.
    async fn commit(&mut self) -> Result<(), SinkError>;

    /// Forgets what was not committed. Cannot fail: what cannot be undone politely is undone
    /// by closing the connection; so it is when the caller runs out of time and drops this
    /// future.
    async fn abandon(&mut self);
}

/// A sink that can try rows out: everything is done to them, and nothing of it stays.
///
/// The caller promises never to commit after `rehearse`, and to `abandon` in the end.
#[allow(async_fn_in_trait, reason = "one thread, one invocation: nothing needs to be Send")]
pub trait Rehearse: Sink {
    /// As [`Sink::begin`], of work of which nothing can stay, and with these things made in it as
    /// far as that disturbs nobody.
    ///
    /// # Errors
    /// As [`Sink::begin`]; `Fatal` where something cannot be made without disturbing others.
    async fn rehearse(&mut self, _missing: &[Missing]) -> Result<(), SinkError> {
        Err(SinkError::fatal("this connector cannot try records out without writing them"))
    }

    /// The type of each column of a table that was described, in the target's words.
    fn column_types(&self, _table: &Table) -> Vec<String> {
        Vec::new()
    }

    /// Why rows of a table that was described are only held to its columns' types, and not tried
    /// out: something of it would stay. `None` where they are.
    fn untried(&self, _table: &Table) -> Option<String> {
        None
    }

    /// What would be said to the target to make something.
    fn definition(&self, _missing: &Missing) -> Option<String> {
        None
    }
}
