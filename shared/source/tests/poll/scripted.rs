//! The scripted database, the journal in memory, and one invocation with both.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use sluice_bridge::options::{Opt, Settings};
use sluice_source::encoding::{Part, Schema};
use sluice_source::error::{Next, SourceError};
use sluice_source::journal::{Journal, Opened};
use sluice_source::model::drain::{Drain, Fate, Look};
use sluice_source::model::page::Range;
use sluice_source::model::position::{Bound, Order, Position};
use sluice_source::options::letter::{FailedRow, Letter};
use sluice_source::options::mode::{OPTIONS, Rules};
use sluice_source::poll::Poll;
use sluice_source::poll::outcome::Outcome;
use sluice_source::source::{Found, HeldBack, Out, Refused, Seen, Source, SourceRecord, Table};
use tokio::time::Instant;

/// A table: its ids, who holds its lock, and an error instead of a row.
#[derive(Debug, Clone, Default)]
pub(super) struct Script {
    pub(super) ids: Vec<i64>,
    pub(super) holders: Vec<u32>,
    pub(super) fails_at: Option<(i64, Next)>,
    /// A row that cannot be written as a record.
    pub(super) unwritable: Option<i64>,
    /// Bytes of each value behind its id.
    pub(super) width: usize,
    /// Why it cannot be read at all.
    pub(super) refused: Option<&'static str>,
    /// How often its lock is not granted.
    pub(super) locked: u32,
    /// Rows that can be read at once.
    pub(super) at_once: Option<usize>,
    /// Who pulls the bound below every row.
    pub(super) held_back: Option<&'static str>,
}

pub(super) struct Scripted {
    pub(super) tables: Vec<(Table, Script)>,
    /// How often holders are watched before they are gone.
    pub(super) patience: u32,
}

pub(super) fn table(name: &str, is_pass: bool, order: Order) -> Table {
    Table { name: format!("d.{name}"), short: name.to_owned(), order, is_pass }
}

fn failed(next: Next, message: &str) -> SourceError {
    SourceError { next, message: message.to_owned() }
}

impl Source for Scripted {
    type Holder = u32;
    const OPTIONS: &'static [&'static Opt] = &[];

    fn configure(_: &mut Settings, _: &Rules) -> Option<Self> {
        None
    }

    async fn open(&mut self) -> Result<Found, SourceError> {
        let mut found = Found::default();
        self.tables.retain(|(Table { name, short, .. }, script)| {
            let (name, short) = (name.clone(), short.clone());
            let refused =
                script.refused.map(|why| Refused { name, short, error: SourceError::stop(why) });
            found.refused.extend(refused);
            script.refused.is_none()
        });
        found.tables = self.tables.iter().map(|(table, _)| table.clone()).collect();
        Ok(found)
    }

    async fn divide(&mut self, shares: &[Vec<usize>]) -> Result<Vec<Self>, SourceError> {
        let of = |share: &Vec<usize>| Self {
            tables: share.iter().map(|place| self.tables[*place].clone()).collect(),
            patience: self.patience,
        };
        let mut divided: Vec<Self> = shares.iter().map(of).collect();
        *self = divided.remove(0);
        Ok(divided)
    }

    fn warnings(&mut self) -> Vec<String> {
        Vec::new()
    }

    async fn look(&mut self, table: usize, _: Position) -> Result<Seen<u32>, SourceError> {
        let script = &mut self.tables[table].1;
        if script.locked > 0 {
            script.locked -= 1;
            return Err(failed(Next::Wait, "a lock is not granted"));
        }
        let bound = script.ids.iter().max().copied().map(Bound::Id);
        let held_back = script.held_back.zip(bound);
        let held_back = held_back.map(|(by, bound)| HeldBack { bound, by: by.to_owned() });
        let bound = bound.filter(|_| held_back.is_none());
        let look = bound.map(|bound| Look { bound, holders: script.holders.clone() });
        Ok(Seen { look, held_back, next_id: None, now: 0 })
    }

    async fn watch(&mut self, table: usize, drain: &mut Drain<u32>) -> Result<(), SourceError> {
        self.patience = self.patience.saturating_sub(1);
        if self.patience == 0 {
            self.tables[table].1.holders.clear();
            drain.watch(|_| Fate::Gone);
        }
        Ok(())
    }

    async fn read(
        &mut self,
        table: usize,
        range: &Range,
        out: &mut impl Out,
    ) -> Result<(), SourceError> {
        let script = self.tables[table].1.clone();
        let mut ids: Vec<i64> = script.ids;
        let most = match range.until {
            Bound::Id(most) => most,
            _ => i64::MAX,
        };
        ids.retain(|id| range.after.id.is_none_or(|after| *id > after) && *id <= most);
        ids.truncate(range.limit.map_or(usize::MAX, |limit| limit as usize));
        if script.at_once.is_some_and(|most| ids.len() > most) {
            return Err(failed(Next::Shrink, "the rows are too large"));
        }
        for id in ids {
            if let Some((_, next)) = script.fails_at.filter(|(at, _)| *at == id) {
                return Err(failed(next, &format!("row {id} cannot be told")));
            }
            let mut value = id.to_string();
            value.extend(std::iter::repeat_n(' ', script.width));
            let value = Bytes::from(value);
            if script.unwritable == Some(id) {
                let (column, reason) = (Some("c".to_owned()), "it is odd".to_owned());
                let row = FailedRow { key: Some(value), value: Bytes::new(), column, reason };
                if out.fail(Position::at_id(id), row)? {
                    out.flush().await?;
                }
                continue;
            }
            let key = Some(Bytes::from(id.to_string()));
            let record = SourceRecord { key, value, timestamp: None };
            let is_full = match out.excess(&record) {
                None => out.push(Position::at_id(id), record),
                Some(reason) => {
                    let SourceRecord { key, value, .. } = record;
                    out.fail(Position::at_id(id), FailedRow { key, value, column: None, reason })?
                }
            };
            if is_full {
                out.flush().await?;
            }
        }
        Ok(())
    }

    async fn close(&mut self) {}
}

/// What is committed. A transaction is a topic's values and the offset behind them.
#[derive(Debug, Default, Clone)]
pub(super) struct Memory {
    pub(super) offsets: HashMap<Vec<u8>, Vec<u8>>,
    pub(super) transactions: Vec<(Vec<String>, Option<String>)>,
    /// Commits that succeed before another instance takes over.
    pub(super) commits: Option<usize>,
    /// A topic that does not exist.
    pub(super) missing: Option<&'static str>,
    /// How many bytes of a value are accepted.
    pub(super) most: Option<usize>,
    /// A topic that refuses what it is sent when that is committed.
    pub(super) refuses: Option<&'static str>,
}

#[derive(Clone, Default)]
pub(super) struct Kafka(pub(super) Rc<RefCell<Memory>>, Vec<String>);

impl Journal for Kafka {
    async fn connect(&mut self) -> Result<(), SourceError> {
        Ok(())
    }

    async fn schema(&mut self, _: &str, _: Part, _: Schema) -> Result<u32, SourceError> {
        Err(SourceError::stop("there is no registry"))
    }

    fn excess(&self, topic: &str, record: &SourceRecord) -> Option<String> {
        let most = self.0.borrow().most.filter(|most| record.value.len() > *most);
        most.map(|most| format!("topic {topic} accepts {most} bytes"))
    }

    fn longest(&self) -> Duration {
        Duration::from_secs(60)
    }

    async fn open(&mut self, _: &[&str], tasks: usize) -> Result<Opened<Self>, SourceError> {
        self.1.clear();
        let beside = (1..tasks).map(|_| Self(Rc::clone(&self.0), Vec::new())).collect();
        Ok(Opened { offsets: self.0.borrow().offsets.clone(), beside })
    }

    async fn send(
        &mut self,
        topic: &str,
        records: &mut Vec<SourceRecord>,
    ) -> Result<(), SourceError> {
        if self.0.borrow().missing == Some(topic) {
            return Err(SourceError::stop(format!("topic {topic} does not exist")));
        }
        let told = |record: SourceRecord| {
            format!("{topic}:{}", std::str::from_utf8(&record.value).expect("text"))
        };
        self.1.extend(records.drain(..).map(told));
        Ok(())
    }

    async fn send_letters(
        &mut self,
        topic: &str,
        letters: &mut Vec<Letter>,
    ) -> Result<(), SourceError> {
        let told = |letter: Letter| {
            let key = letter.row.key.expect("a key");
            let key = std::str::from_utf8(&key).expect("text");
            format!("{topic}:{key} of {} for {}", letter.table, letter.topic)
        };
        self.1.extend(letters.drain(..).map(told));
        Ok(())
    }

    async fn commit(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), SourceError> {
        let mut memory = self.0.borrow_mut();
        if memory.commits == Some(0) {
            return Err(SourceError::give_way());
        }
        if let Some(topic) = memory.refuses
            && self.1.iter().any(|record| record.starts_with(topic))
        {
            return Err(SourceError::stop(format!("topic {topic} refuses a record")));
        }
        memory.commits = memory.commits.map(|left| left - 1);
        match value {
            Some(value) => drop(memory.offsets.insert(key.to_vec(), value.to_vec())),
            None => drop(memory.offsets.remove(key)),
        }
        let records = std::mem::take(&mut self.1);
        let value = value.map(|value| String::from_utf8(value.to_vec()).expect("text"));
        memory.transactions.push((records, value));
        Ok(())
    }

    async fn abort(&mut self) -> Result<(), SourceError> {
        self.1.clear();
        Ok(())
    }
}

impl Kafka {
    pub(super) fn transactions(&self) -> Vec<(Vec<String>, Option<String>)> {
        std::mem::take(&mut self.0.borrow_mut().transactions)
    }
}

pub(super) fn rules(mode: &str, more: &[(&str, &str)]) -> Rules {
    let given = [
        ("name", "c"),
        ("mode", mode),
        ("batch.max.rows", "2"),
        ("topic.prefix", "p-"),
        ("table.include.list", ".*"),
    ];
    let given = [&given, more].concat();
    let given = given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut settings = Settings::new(OPTIONS, given);
    let rules = Rules::from_settings(&mut settings);
    settings.check().expect("good options");
    rules
}

pub(super) fn ids(ids: &[i64]) -> Script {
    Script { ids: ids.to_vec(), ..Script::default() }
}

pub(super) async fn poll(
    tables: Vec<(Table, Script)>,
    patience: u32,
    kafka: &Kafka,
    mode: &str,
) -> Result<Outcome, SourceError> {
    poll_with(tables, patience, kafka, rules(mode, &[])).await
}

pub(super) async fn poll_with(
    tables: Vec<(Table, Script)>,
    patience: u32,
    kafka: &Kafka,
    rules: Rules,
) -> Result<Outcome, SourceError> {
    let source = Scripted { tables, patience };
    let mut poll = Poll::open(source, kafka.clone(), rules).await?;
    poll.run(Instant::now() + Duration::from_secs(2)).await
}
