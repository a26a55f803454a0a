//! What an invocation would read and where it would go on, table by table. Nothing is sent, no offset is stored, and no
//! other instance is superseded, as far as the journal keeps to that.

use crate::encoding::{Part, Schema};
use crate::error::{Next, SourceError};
use crate::journal::Journal;
use crate::model::offset;
use crate::model::page::Range;
use crate::model::position::Position;
use crate::options::letter::FailedRow;
use crate::poll::Poll;
use crate::poll::outcome::TableOutcome;
use crate::poll::task::Task;
use crate::source::{Out, Source, SourceRecord};

/// What an invocation would do with a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDryRun {
    /// The table, its topic, how far it is behind, whom it waits for, and why it is not read. No row of it is counted.
    pub outcome: TableOutcome,
    /// The stored offset behind which reading goes on; `None` if it begins at the first row.
    pub after: Option<Vec<u8>>,
    /// The first rows that would be read now.
    pub rows: FirstRows,
}

/// The first rows of a table, as they would be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FirstRows {
    /// Their records.
    pub records: Vec<SourceRecord>,
    /// Those that cannot be written as a record.
    pub failed: Vec<FailedRow>,
    /// The schemas of their keys and values, if their format has any.
    pub schemas: Vec<(Part, Schema)>,
}

impl<S: Source, J: Journal> Poll<S, J> {
    /// Looks at each table as [`run`](Poll::run) does, and reads up to `rows` rows of each. The poll must not be used
    /// after it.
    ///
    /// # Errors
    /// What concerns more than one table. All connections are given up.
    pub async fn dry_run(&mut self, rows: u32) -> Result<Vec<TableDryRun>, SourceError> {
        let mut tried = Vec::new();
        for task in &mut self.tasks {
            for place in 0..task.tracks.len() {
                match task.try_table(place, rows).await {
                    Ok(table) => tried.push(table),
                    Err(error) => {
                        self.close().await;
                        return Err(error);
                    }
                }
            }
        }
        let unread = |outcome: &TableOutcome| TableDryRun {
            outcome: outcome.clone(),
            after: None,
            rows: FirstRows::default(),
        };
        tried.extend(self.unread.iter().map(unread));
        Ok(tried)
    }
}

impl<S: Source, J: Journal> Task<S, J> {
    async fn try_table(&mut self, place: usize, rows: u32) -> Result<TableDryRun, SourceError> {
        let mut first = FirstRows::default();
        let read = match self.tracks[place].is_open() {
            true => self.first_rows(place, rows, &mut first).await,
            false => Ok(()),
        };
        read.or_else(|error| self.blame(place, error))?;
        let track = &mut self.tracks[place];
        let Position { time, id } = track.turn.position;
        let after = match (track.turn.table.is_pass, id) {
            (true, Some(id)) => Some(offset::pass(id)),
            (false, _) if time.is_some() || id.is_some() => {
                Some(offset::value(track.turn.table.order, track.turn.position))
            }
            _ => None,
        };
        Ok(TableDryRun { outcome: track.outcome(), after, rows: first })
    }

    async fn first_rows(
        &mut self,
        place: usize,
        rows: u32,
        first: &mut FirstRows,
    ) -> Result<(), SourceError> {
        self.look(place).await?;
        let Self { source, journal, tracks, .. } = self;
        let track = &mut tracks[place];
        let Some(range) = track.turn.range(rows) else { return Ok(()) };
        let mut range = Range { limit: Some(rows), ..range };
        loop {
            let mut out = Trial { journal, topic: &track.topic, first };
            match source.read(place, &range, &mut out).await {
                // The rows are too large together.
                Err(error) if error.next == Next::Shrink && range.limit != Some(1) => {
                    (*first, range.limit) = (FirstRows::default(), Some(1));
                }
                read => return read,
            }
        }
    }
}

/// Keeps the rows instead of passing them on.
struct Trial<'a, J> {
    journal: &'a mut J,
    topic: &'a str,
    first: &'a mut FirstRows,
}

impl<J: Journal> Out for Trial<'_, J> {
    async fn schema(&mut self, part: Part, schema: Schema) -> Result<u32, SourceError> {
        self.first.schemas.push((part, schema.clone()));
        self.journal.schema(self.topic, part, schema).await
    }

    fn excess(&self, record: &SourceRecord) -> Option<String> {
        self.journal.excess(self.topic, record)
    }

    fn push(&mut self, _: Position, record: SourceRecord) -> bool {
        self.first.records.push(record);
        false
    }

    fn fail(&mut self, _: Position, row: FailedRow) -> Result<bool, SourceError> {
        self.first.failed.push(row);
        Ok(false)
    }

    async fn flush(&mut self) -> Result<(), SourceError> {
        Ok(())
    }
}
