//! The calls of a sink: each may be made to fail, and each checks that it was due.

use sluice_bridge::model::change::SchemaChange;
use sluice_bridge::model::failure::{Cause, Fault, SinkError};
use sluice_bridge::model::operation::Operation;
use sluice_bridge::model::table::{Table, TableName};
use sluice_bridge::options::offsets::OffsetsTable;
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::partition_offset::PartitionOffset;
use sluice_bridge::sink::{Sink, StreamChunk, TableLetter, Written};
use sluice_kafka::Message;
use std::collections::HashSet;

use super::promises;
use super::script::refused;
use super::sink::{Attempt, MemorySink, Work};
use super::{Method, Trouble};
use crate::journal::Moment;

impl MemorySink {
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
    async fn prefetch(&mut self) {
        assert!(self.work.is_none(), "prefetch comes before begin");
    }

    async fn begin(&mut self) -> Result<(), SinkError> {
        assert!(self.work.is_none(), "begin was called twice, without commit or abandon");
        let answer = self.enter(Method::Begin).await?;
        self.streamed_ahead = 0;
        self.age = self.database.state().age;
        let tables = self.database.state().tables.clone();
        let offsets = self.database.state().offsets.clone();
        let described = HashSet::new();
        self.work = Some(Work { tables, changes: Vec::new(), offsets, described });
        self.leave(&answer, ())
    }

    async fn table(&mut self, name: &TableName) -> Result<Option<Table>, SinkError> {
        let answer = self.enter(Method::Table).await?;
        let Some(storage) = self.work().tables.get(&name.name).cloned() else {
            return self.leave(&answer, None);
        };
        self.work().described.insert(name.clone());
        let table = storage.describe(name, self.shape(&storage.spec.columns));
        self.leave(&answer, Some(table))
    }

    async fn apply_change(&mut self, missing: &SchemaChange) -> Result<(), SinkError> {
        assert!(self.work.is_none(), "make comes before begin");
        let answer = self.enter(Method::Make).await?;
        self.database.make(missing);
        self.leave(&answer, ())
    }

    fn is_durable_at_once(&self) -> bool {
        self.durable.is_some()
    }

    fn repeats_keys(&self) -> bool {
        self.durable.is_none()
    }

    fn stream_chunk(&self) -> Option<StreamChunk> {
        self.chunk.map(|rows| StreamChunk { rows, least: 2 * rows })
    }

    async fn stream(&mut self, next: &Batch<'_, '_>) -> bool {
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

    async fn end_stream(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        let pushed = self.pushed.take().expect("rows were pushed before");
        self.streamed_ahead = batch.len();
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

    async fn lock_offsets(
        &mut self,
        offsets_table: &OffsetsTable,
        asked: &[PartitionOffset],
    ) -> Result<Vec<PartitionOffset>, SinkError> {
        let answer = self.enter(Method::Positions).await?;
        let known = self.work().offsets.entry(offsets_table.connector.clone()).or_default();
        let mut locked = asked.to_vec();
        for position in &mut locked {
            let name = |of: &PartitionOffset| (of.topic.clone(), of.partition, of.table.clone());
            if let Some(known) = known.iter().find(|known| name(known) == name(position)) {
                *position = known.clone();
            }
        }
        self.leave(&answer, locked)
    }

    async fn store_offsets(
        &mut self,
        offsets_table: &OffsetsTable,
        reached: &[PartitionOffset],
    ) -> Result<(), SinkError> {
        let answer = self.enter(Method::Positions).await?;
        let known = self.work().offsets.entry(offsets_table.connector.clone()).or_default();
        known.retain(|known| {
            !reached
                .iter()
                .any(|new| (&new.topic, new.partition) == (&known.topic, known.partition))
        });
        known.extend_from_slice(reached);
        self.leave(&answer, ())
    }

    /// It may be called again after an error.
    async fn write_letters(
        &mut self,
        table: &TableName,
        letters: &mut Vec<TableLetter<'_>>,
    ) -> Result<(), SinkError> {
        assert!(self.durable.is_some(), "only a sink that is durable at once writes letters");
        self.spoiled = false;
        let answer = self.enter(Method::Letters).await?;
        let every = if let Answer::Partly(every) = answer { every } else { usize::MAX };
        let (mut nth, mut left) = (0, Vec::new());
        for letter in letters.drain(..) {
            nth += 1;
            match nth % every {
                0 => left.push(letter),
                _ => self.database.journal().note(Moment::Acknowledged(message(table, &letter))),
            }
        }
        *letters = left;
        match letters.is_empty() {
            true => self.leave(&answer, ()),
            false => Err(SinkError::transient("busy")),
        }
    }

    async fn commit(&mut self) -> Result<(), SinkError> {
        let answer = self.enter(Method::Commit).await?;
        let work = self.work.take().expect("begin comes first");
        self.durable.iter_mut().for_each(HashSet::clear);
        self.database.commit(work);
        self.leave(&answer, ())
    }

    async fn tidy(&mut self) {
        if self.script.next(Method::Tidy) == Some(Trouble::Hang) {
            std::future::pending::<()>().await;
        }
    }

    async fn abandon(&mut self) {
        self.pushed = None;
        self.work = None;
        self.spoiled = false;
    }
}

/// A letter in a table as the journal has letters.
fn message(table: &TableName, letter: &TableLetter<'_>) -> Message {
    let bytes = |bytes: &[u8]| bytes.to_vec().into();
    let reason = |(name, text): &(&str, String)| ((*name).to_owned(), Some(bytes(text.as_bytes())));
    Message {
        topic: table.name.clone(),
        key: letter.record.key.map(bytes),
        value: letter.record.value.map(bytes),
        headers: letter.reasons.iter().map(reason).collect(),
        timestamp: None,
    }
}

/// The cells of a batch's rows in its columns.
fn cells(batch: &Batch<'_, '_>) -> Vec<String> {
    let row =
        |row| batch.columns.iter().map(|&column| batch.cells(row)[column]).collect::<Vec<_>>();
    (0..batch.len()).map(|index| format!("{:?}", row(index))).collect()
}
