//! The interface that every target implements.

use std::borrow::Cow;

use crate::model::change::SchemaChange;
use crate::model::failure::SinkError;
use crate::model::table::{Table, TableName};
use crate::options::offsets::OffsetsTable;
use crate::sink::batch::Batch;
use crate::sink::partition_offset::PartitionOffset;
use crate::sink::table_letter::TableLetter;
use crate::sink::written::Written;

/// How rows are sent before all are mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamChunk {
    /// Rows per chunk.
    pub rows: usize,
    /// Rows are only sent ahead if the table has at least this many records in the event.
    pub least: usize,
}

/// A database that takes rows, as one invocation sees it.
///
/// The caller promises: `begin` comes first, or right after `prefetch`; `table` comes before the
/// first `write` to it in the same invocation; there is one call at a time; after any `Err`, and
/// whenever a future was dropped before it was ready, `abandon` comes before the next `begin`,
/// unless the error was [`Fault::Data`](crate::model::failure::Fault::Data), after which the work
/// goes on.
///
/// The implementer promises:
/// - Nothing is durable before `commit`, unless the sink [is durable at once](Sink::is_durable_at_once).
/// - It may cut a batch into several requests and send them side by side. It answers for the whole
///   batch when all of them have ended.
/// - It reorders only rows of a batch that is not
///   [`in_order`](crate::sink::batch::Batch::in_order).
/// - It leaves retries and pauses to the caller: a row that the target does not take now is
///   [`Postponed`](crate::sink::written::Postponed), and a call that failed is an error.
/// - It never guesses: what it does not recognise is
///   [`Fault::Fatal`](crate::model::failure::Fault::Fatal).
#[allow(async_fn_in_trait, reason = "one thread, one invocation: nothing needs to be Send")]
pub trait Sink {
    /// Sends the requests that the current invocation will most likely need, without waiting for
    /// answers: meanwhile the first records are read. `begin` or `abandon` comes next.
    async fn prefetch(&mut self) {}

    /// Begins the work of one invocation; connects if necessary.
    ///
    /// # Errors
    /// Nothing was begun.
    async fn begin(&mut self) -> Result<(), SinkError>;

    /// Describes a table as it is now, with its [shape](crate::model::shape); `None` if it does not
    /// exist. The batches of the table have this description. If the target limits how often
    /// it may be asked, the sink may keep a description. It drops one that an answer to `write`
    /// contradicts, and that answer is `Transient`, never `Data`: no record is at fault.
    ///
    /// # Errors
    /// `Fatal` if it may not be read.
    async fn table(&mut self, name: &TableName) -> Result<Option<Table>, SinkError>;

    /// A table whose name differs from that of a missing one only in its spelling, such as in case
    /// or in quotes. A message names it. `None` if there is none, or if the target cannot be asked.
    async fn similar(&mut self, _name: &TableName) -> Option<TableName> {
        None
    }

    /// Creates a table or columns, durable at once. This is not part of an invocation's work: it
    /// comes between `abandon` and `begin`. If another client created the same meanwhile, that is
    /// success.
    ///
    /// # Errors
    /// It is not created. `Data` if the target refuses it because of what the records need, such as
    /// a name that is too long or too many columns; the cause names the column at fault, if there
    /// is one. The records that need it then become failures.
    async fn apply_change(&mut self, _missing: &SchemaChange) -> Result<(), SinkError> {
        Err(SinkError::fatal(
            "this connector cannot create tables or columns: set auto.create and auto.evolve to false",
        ))
    }

    /// Whether what is written is durable at once, so that nothing undoes it. Known once `begin` has
    /// succeeded.
    ///
    /// Such a sink returns `Err(Data)` from `write` only if nothing of the batch was written,
    /// because the caller then writes parts of the batch. If some rows were written and others were
    /// refused, or their result is unknown, it returns `Ok`. Rows for which it answered are not
    /// sent again in the same invocation, whatever fails after that.
    fn is_durable_at_once(&self) -> bool {
        false
    }

    /// Whether a column can have this name.
    #[must_use]
    fn is_column_name(name: &str) -> bool
    where
        Self: Sized,
    {
        !name.is_empty()
    }

    /// The canonical name: the same for all spellings of a name that the target uses for one
    /// column.
    #[must_use]
    fn canonical_name(name: &str) -> Cow<'_, str>
    where
        Self: Sized,
    {
        name.into()
    }

    /// How many columns a new table can have.
    #[must_use]
    fn most_columns() -> usize
    where
        Self: Sized,
    {
        usize::MAX
    }

    /// Whether a new table is made of columns that the records show. If not, its name is enough.
    fn new_tables_need_columns(&self) -> bool {
        true
    }

    /// Whether an insert may have several rows of one key. If not, each of them comes in a batch of
    /// its own, in record order. A sink that postpones rows says `false`: a row that is sent again
    /// would come after a later one of its key.
    fn repeats_keys(&self) -> bool {
        true
    }

    /// Writes a batch. `Ok` means that every row not named in it will be durable with `commit`:
    /// whatever the target would check only then must be checked now. Rows named in it have no
    /// effect.
    ///
    /// # Errors
    /// No row of this batch will be durable, or writing it again does no harm. `Data` names the
    /// first bad row if the target named it; what was written before stays.
    async fn write(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError>;

    /// Whether the sink takes rows while later ones are still being mapped, so that the target
    /// works meanwhile; `None` if it takes only whole batches.
    fn stream_chunk(&self) -> Option<StreamChunk> {
        None
    }

    /// Sends the next rows of a batch, instead of `write`: after `table`, and with no other call of
    /// the invocation before [`Sink::end_stream`]. The first call decides: `false` means that rows like
    /// these must be written with `write`, and that nothing was done. `end_stream` returns any error.
    async fn stream(&mut self, _next: &Batch<'_, '_>) -> bool {
        false
    }

    /// Ends a batch whose rows were all streamed, and answers for it as `write` does.
    ///
    /// # Errors
    /// As `write`.
    async fn end_stream(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        self.write(batch).await
    }

    /// Locks the offsets that a connector has reached until the transaction ends, creates those
    /// that are new (offset 0), and returns them. It comes right after `begin`, and only with
    /// `exactly.once.enabled`; a sink without transactions does not support it.
    ///
    /// # Errors
    /// They could not be locked; `Transient` if another invocation holds them for too long.
    async fn lock_offsets(
        &mut self,
        _ledger: &OffsetsTable,
        _asked: &[PartitionOffset],
    ) -> Result<Vec<PartitionOffset>, SinkError> {
        Err(SinkError::fatal("exactly.once.enabled=true needs a target with transactions"))
    }

    /// Stores the offsets that are reached once everything written is committed; all of them were
    /// locked before.
    ///
    /// # Errors
    /// They are not stored.
    async fn store_offsets(
        &mut self,
        _ledger: &OffsetsTable,
        _reached: &[PartitionOffset],
    ) -> Result<(), SinkError> {
        Err(SinkError::fatal("exactly.once.enabled=true needs a target with transactions"))
    }

    /// Writes letters into a table of the target (`errors.table.name`), durable at once: only a sink that
    /// [is durable at once](Sink::is_durable_at_once) does. It comes after the last `write`. Letters that are written
    /// are removed from the list; the others may be written again, also after an error, which does no harm.
    ///
    /// # Errors
    /// Those that are left are not written, as far as is known. Never `Data`: a table that refuses a letter is at
    /// fault, and not a record.
    async fn write_letters(
        &mut self,
        _table: &TableName,
        _letters: &mut Vec<TableLetter<'_>>,
    ) -> Result<(), SinkError> {
        Err(SinkError::fatal("this connector has no table for letters"))
    }

    /// Makes everything durable.
    ///
    /// # Errors
    /// It is not durable, or that is unknown.
    async fn commit(&mut self) -> Result<(), SinkError>;

    /// Waits for what runs beside a commit and does not belong to it, such as the removal of a file that was read. It comes
    /// after `commit` has succeeded. The caller may drop this future: the commit counts, and `begin` comes next.
    async fn tidy(&mut self) {}

    /// Discards what was not committed. It cannot fail: if a rollback is not possible, the
    /// connection is closed. The same happens if the caller runs out of time and drops this future.
    async fn abandon(&mut self);
}
