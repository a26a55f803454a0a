//! The interface of a database to the rules: what it is asked, and what it promises.

use std::fmt::Display;
use std::future::Future;

use bytes::Bytes;
use sluice_bridge::options::{Opt, Settings};

use crate::encoding::{Part, Schema};
use crate::error::SourceError;
use crate::model::drain::{Drain, Look};
use crate::model::page::Range;
use crate::model::position::{Bound, Micros, Order, Position};
use crate::options::letter::FailedRow;
use crate::options::mode::Rules;

/// A table that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name with the database, without quotes; of a query `query`.
    pub name: String,
    /// Its name alone; nothing of a query.
    pub short: String,
    /// The order in which its rows are read.
    pub order: Order,
    /// Whether every pass reads all rows (mode bulk).
    pub is_pass: bool,
}

/// One row as a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRecord {
    /// The key; `None` if the table has none.
    pub key: Option<Bytes>,
    /// The value.
    pub value: Bytes,
    /// Milliseconds since 1970; `None` for the time of sending.
    pub timestamp: Option<i64>,
}

/// What a database has to read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The tables that are read.
    pub tables: Vec<Table>,
    /// Those that are chosen and cannot be read. They do not keep the others from being read.
    pub refused: Vec<Refused>,
}

/// A table that is chosen and cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its name with the database; of a query `query`.
    pub name: String,
    /// Its name alone; nothing of a query.
    pub short: String,
    /// Why not.
    pub error: SourceError,
}

/// Rows that are committed and may not be read yet, although nobody is known who holds a lock on the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBack {
    /// The bound that would reach them.
    pub bound: Bound,
    /// Who pulls the bound back.
    pub by: String,
}

/// What a look at a table shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen<H> {
    /// The bound and its holders; `None` if nothing is new below it.
    pub look: Option<Look<H>>,
    /// What is new above it.
    pub held_back: Option<HeldBack>,
    /// The id that the server gives to the next row, if it tells.
    pub next_id: Option<u64>,
    /// The server's clock when the bound was taken.
    pub now: Micros,
}

/// Takes the rows of a page as they are read.
pub trait Out {
    /// The id by which records name a schema. Asked for before the first row.
    ///
    /// # Errors
    /// There is no answer of a registry, or it refuses the schema.
    fn schema(
        &mut self,
        part: Part,
        schema: Schema,
    ) -> impl Future<Output = Result<u32, SourceError>>;

    /// Why a record cannot be taken: it is too large for its topic. Its row is one for [`fail`](Out::fail).
    fn excess(&self, record: &SourceRecord) -> Option<String>;

    /// Takes a row whose record has no [`excess`](Out::excess). Returns whether [`flush`](Out::flush) must follow before
    /// the next one.
    fn push(&mut self, at: Position, record: SourceRecord) -> bool;

    /// Takes a row that cannot be written as a record, or whose record is too large. Returns as [`push`](Out::push) does.
    ///
    /// # Errors
    /// Such a row stops its table; reading must end.
    fn fail(&mut self, at: Position, row: FailedRow) -> Result<bool, SourceError>;

    /// Passes on what was taken.
    ///
    /// # Errors
    /// It cannot be passed on; reading must end.
    fn flush(&mut self) -> impl Future<Output = Result<(), SourceError>>;
}

/// A database whose tables are polled.
///
/// Futures need not be `Send`: one invocation runs on one thread.
pub trait Source: Sized {
    /// A session or transaction that may still write below a bound.
    type Holder: PartialEq + Display;

    /// The options that only this connector has.
    const OPTIONS: &'static [&'static Opt];

    /// Reads its options and notes every problem; it does not connect. It returns `None` only after it noted a
    /// problem.
    fn configure(settings: &mut Settings, rules: &Rules) -> Option<Self>;

    /// Connects if it has to, and finds the tables: their names differ. Every later call names one that is read by its
    /// place.
    ///
    /// # Errors
    /// The database cannot be reached, no table is chosen, or none can be read without loss.
    fn open(&mut self) -> impl Future<Output = Result<Found, SourceError>>;

    /// Deals the tables out that [`open`](Source::open) has found: `shares` has their places, at least two lists. Those of
    /// the first stay here; each of the others goes to a further source that it returns, with a connection of its own. In
    /// each, a table has its place in the list from now on.
    ///
    /// # Errors
    /// The database cannot be reached once more. The source must be closed.
    fn divide(
        &mut self,
        shares: &[Vec<usize>],
    ) -> impl Future<Output = Result<Vec<Self>, SourceError>>;

    /// Warnings: what a person should know although nothing failed. Asked for after [`open`](Source::open).
    fn warnings(&mut self) -> Vec<String>;

    /// Takes a bound **first** and lists its holders **after** that. If no row is visible between `position` and the
    /// bound, there is nothing to wait for and no look is needed.
    ///
    /// # Errors
    /// Nothing was seen.
    fn look(
        &mut self,
        table: usize,
        position: Position,
    ) -> impl Future<Output = Result<Seen<Self::Holder>, SourceError>>;

    /// Finds out which holders are gone, from what is seen after this call began, and tells the drain.
    ///
    /// # Errors
    /// Nothing was seen, and the drain is as it was.
    fn watch(
        &mut self,
        table: usize,
        drain: &mut Drain<Self::Holder>,
    ) -> impl Future<Output = Result<(), SourceError>>;

    /// Reads the committed rows of a range in its order, each once. It holds no lock and no snapshot when it returns.
    ///
    /// # Errors
    /// The rows cannot be read, or one of them has no position; or what `out` said.
    fn read(
        &mut self,
        table: usize,
        range: &Range,
        out: &mut impl Out,
    ) -> impl Future<Output = Result<(), SourceError>>;

    /// Gives up the connection, after an error or at the end of an invocation that may be the last.
    fn close(&mut self) -> impl Future<Output = ()>;
}
