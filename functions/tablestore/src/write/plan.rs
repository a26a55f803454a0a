//! What the rows of a batch do, and how one of them is written.

use jiff::Timestamp;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::{Cause, SinkError};
use sluice_bridge::model::operation::Operation;
use sluice_bridge::options::rules::INSERT_MODE;
use sluice_bridge::options::{Opt, Settings};
use sluice_bridge::sink::batch::Batch;

use crate::types::column_type::ColumnType;
use crate::types::limits::MOST_COLUMNS;
use crate::values::shape::Shape;
use crate::values::{attribute, key, version};
use crate::wire::batch::{Existence, RowOperation};
use crate::wire::plain_buffer::RowWriter;

/// `insert.condition`
pub(crate) const INSERT_CONDITION: Opt = Opt::new(
    "insert.condition",
    "With `insert.mode=insert`, what must be true of the row before: `ignore` (nothing: the row is replaced), `expect_exist`, or `expect_not_exist`. A record whose condition does not hold is refused, also one that an earlier delivery of the same record has written.",
)
.or("ignore");
/// `delete.columns.enabled`
pub(crate) const DELETE_COLUMNS: Opt = Opt::new(
    "delete.columns.enabled",
    "With `insert.mode=upsert` and `update`, whether a null deletes the column. If `false`, the column keeps its value.",
)
.or("true");
/// `max.concurrency`
pub(crate) const MAX_CONCURRENCY: Opt =
    Opt::new("max.concurrency", "How many requests of a batch are sent at a time.").or("32");

/// The options of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WriteOptions {
    condition: Existence,
    deletes_columns: bool,
    pub(super) concurrency: usize,
}

impl WriteOptions {
    /// Reads the options, and reports every problem.
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        let conditions = [
            ("ignore", Existence::Ignore),
            ("expect_exist", Existence::Exists),
            ("expect_not_exist", Existence::ExistsNot),
        ];
        let options = Self {
            condition: settings.choice(&INSERT_CONDITION, &conditions),
            deletes_columns: settings.flag(&DELETE_COLUMNS),
            concurrency: settings.parsed(&MAX_CONCURRENCY, "a whole number"),
        };
        let mode = settings.given(&INSERT_MODE).filter(|mode| !mode.eq_ignore_ascii_case("insert"));
        if let Some(mode) = mode.filter(|_| options.condition != Existence::Ignore) {
            let problem = format!(
                "{} is not possible with insert.mode={mode}: an upsert writes the row in any case, and an update expects it to exist",
                INSERT_CONDITION.name
            );
            settings.problem(problem);
        }
        if options.concurrency == 0 {
            settings.problem(format!("{} must be at least 1", MAX_CONCURRENCY.name));
        }
        options
    }
}

/// How the rows of one batch are written.
pub(crate) struct Plan<'a> {
    shape: &'a Shape,
    operation: Operation,
    /// The columns besides the key.
    columns: Vec<usize>,
    options: WriteOptions,
    /// The time at the service.
    now: Timestamp,
}

/// A row in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RowKind {
    pub(super) operation: RowOperation,
    pub(super) existence: Existence,
}

impl<'a> Plan<'a> {
    /// A plan for a batch.
    ///
    /// # Errors
    /// `Fatal`: the rows are not found by the whole key of the table.
    pub(crate) fn of(
        batch: &Batch<'a, '_>,
        options: WriteOptions,
        now: Timestamp,
    ) -> Result<Self, SinkError> {
        let shape: &Shape = batch.table.shape_as()?;
        let mut key = batch.key.to_vec();
        key.sort_unstable();
        if batch.operation != Operation::Insert && !key.iter().copied().eq(0..shape.keys) {
            return Err(SinkError::fatal(format!(
                "rows of table {} are found by its whole primary key only: leave pk.fields empty, or name all columns of the key; a key that the service numbers allows only insert.mode=insert without deletes",
                batch.table.name
            )));
        }
        let is_numbered = shape.columns.iter().any(|it| it.kind == ColumnType::AutoIncrement);
        if is_numbered && options.condition == Existence::ExistsNot {
            return Err(SinkError::fatal(format!(
                "the service numbers a key of table {}, and then no row can be expected not to exist: set insert.condition=ignore",
                batch.table.name
            )));
        }
        let is_written = |column: &usize| *column >= shape.keys && Some(*column) != shape.version;
        let columns = match batch.operation {
            Operation::Delete => Vec::new(),
            _ => batch.columns.iter().copied().filter(is_written).collect(),
        };
        Ok(Self { shape, operation: batch.operation, columns, options, now })
    }

    /// The plan for rows that do not exist, and of which the plan of the batch would only delete columns: the
    /// service makes no row then ("UpdateRow"), but an upsert does.
    pub(super) fn making_rows(self) -> Self {
        Self { columns: Vec::new(), ..self }
    }

    /// Writes a row as PlainBuffer.
    ///
    /// # Errors
    /// Why the service would refuse it.
    pub(super) fn write(
        &self,
        cells: &[Cell<'_>],
        out: &mut Vec<u8>,
        scratch: &mut Vec<u8>,
    ) -> Result<RowKind, Cause> {
        let mut row = RowWriter::begin(out);
        for (column, cell) in self.shape.columns[..self.shape.keys].iter().zip(cells) {
            let value =
                key(column.kind, *cell, scratch).map_err(|why| column.mismatch(*cell, why))?;
            row.key(&column.name, value);
        }
        if self.operation == Operation::Delete {
            row.end_deleted();
            return Ok(RowKind { operation: RowOperation::Delete, existence: Existence::Ignore });
        }
        let puts = self.write_columns(cells, &mut row, scratch)?;
        let has_data = row.has_data();
        row.end();
        self.kind(has_data, puts)
    }

    /// Returns how many columns get a value.
    fn write_columns(
        &self,
        cells: &[Cell<'_>],
        row: &mut RowWriter<'_>,
        scratch: &mut Vec<u8>,
    ) -> Result<usize, Cause> {
        let version = match self.shape.version {
            Some(column) => version(cells[column], self.shape.versions, self.now)
                .map_err(|why| self.shape.columns[column].mismatch(cells[column], why))?,
            None => None,
        };
        let (mut puts, mut deletes) = (0, 0);
        for &index in &self.columns {
            let (column, cell) = (&self.shape.columns[index], cells[index]);
            if cell.is_value() {
                let value = attribute(column.kind, cell, scratch);
                row.put(&column.name, value.map_err(|why| column.mismatch(cell, why))?, version);
                puts += 1;
            } else if self.operation != Operation::Insert && self.options.deletes_columns {
                row.delete_column(&column.name);
                deletes += 1;
            }
        }
        match puts + deletes > MOST_COLUMNS {
            true => Err(Cause::new(format!("the row has more than {MOST_COLUMNS} columns"))),
            false => Ok(puts),
        }
    }

    /// What the row does, if its cells are written. The service refuses an update that has no cell: an upsert
    /// then only makes the row, unless it exists. One that only deletes columns asks for the row, which may have
    /// to be made.
    fn kind(&self, has_data: bool, puts: usize) -> Result<RowKind, Cause> {
        let (operation, existence) = match (self.operation, has_data) {
            (Operation::Upsert, true) if puts == 0 => (RowOperation::Update, Existence::Exists),
            (Operation::Upsert, true) => (RowOperation::Update, Existence::Ignore),
            (Operation::Upsert, false) => (RowOperation::Put, Existence::ExistsNot),
            (Operation::Update, true) => (RowOperation::Update, Existence::Exists),
            (Operation::Update, false) => {
                return Err(Cause::new("an update needs a column besides the key"));
            }
            (Operation::Insert | Operation::Delete, _) => {
                (RowOperation::Put, self.options.condition)
            }
        };
        Ok(RowKind { operation, existence })
    }
}
