//! A journal in memory: what a source has committed, transaction by transaction.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use sluice_source::encoding::{Part, Schema};
use sluice_source::error::SourceError;
use sluice_source::journal::{Journal, Opened};
use sluice_source::options::letter::Letter;
use sluice_source::source::SourceRecord;

/// A record that is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its topic.
    pub topic: String,
    /// Its key, as text.
    pub key: Option<String>,
    /// Its value, as text.
    pub value: String,
    /// Milliseconds since 1970.
    pub timestamp: Option<i64>,
}

#[derive(Debug, Default)]
struct Kept {
    offsets: HashMap<Vec<u8>, Vec<u8>>,
    committed: Vec<(String, SourceRecord)>,
    letters: Vec<Letter>,
    commits: usize,
    /// Each schema with its subject; its id is its place, counted from 1.
    schemas: Vec<(String, Schema)>,
    refused_subject: Option<String>,
}

/// What is sent and not committed.
#[derive(Debug, Clone, Default)]
struct Transaction {
    records: Vec<(String, SourceRecord)>,
    letters: Vec<Letter>,
}

/// Keeps what is committed; its clones keep the same.
#[derive(Debug, Clone, Default)]
pub struct MemoryJournal(Rc<RefCell<Kept>>, Transaction);

impl MemoryJournal {
    /// Takes the records that were committed since the last call.
    #[must_use]
    pub fn take(&self) -> Vec<Told> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let told = |(topic, record): (String, SourceRecord)| Told {
            topic,
            key: record.key.as_deref().map(text),
            value: text(&record.value),
            timestamp: record.timestamp,
        };
        self.take_records().into_iter().map(told).collect()
    }

    /// The same with their bytes, each with its topic.
    #[must_use]
    pub fn take_records(&self) -> Vec<(String, SourceRecord)> {
        std::mem::take(&mut self.0.borrow_mut().committed)
    }

    /// The schemas that were asked for, each once, with its subject. The id of a schema is its place, counted from 1.
    #[must_use]
    pub fn schemas(&self) -> Vec<(String, Schema)> {
        self.0.borrow().schemas.clone()
    }

    /// From now on no new schema of this subject is accepted.
    pub fn refuse(&self, subject: &str) {
        self.0.borrow_mut().refused_subject = Some(subject.to_owned());
    }

    /// Takes the letters that were committed since the last call.
    #[must_use]
    pub fn take_letters(&self) -> Vec<Letter> {
        std::mem::take(&mut self.0.borrow_mut().letters)
    }

    /// How many transactions were committed.
    #[must_use]
    pub fn commits(&self) -> usize {
        self.0.borrow().commits
    }

    /// The stored offsets, as text.
    #[must_use]
    pub fn offsets(&self) -> HashMap<String, String> {
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        self.0.borrow().offsets.iter().map(|(key, value)| (text(key), text(value))).collect()
    }
}

impl Journal for MemoryJournal {
    async fn connect(&mut self) -> Result<(), SourceError> {
        Ok(())
    }

    async fn schema(
        &mut self,
        topic: &str,
        part: Part,
        schema: Schema,
    ) -> Result<u32, SourceError> {
        let subject = part.subject(topic);
        let mut kept = self.0.borrow_mut();
        let wanted = (subject.clone(), schema);
        let place = kept.schemas.iter().position(|known| *known == wanted);
        if place.is_none() && kept.refused_subject.as_ref() == Some(&subject) {
            return Err(SourceError::stop(format!("a new version of {subject} is refused")));
        }
        let place = place.unwrap_or_else(|| {
            kept.schemas.push(wanted);
            kept.schemas.len() - 1
        });
        Ok(u32::try_from(place + 1).expect("a test has few schemas"))
    }

    fn excess(&self, _: &str, _: &SourceRecord) -> Option<String> {
        None
    }

    fn longest(&self) -> Duration {
        Duration::from_secs(60)
    }

    async fn open(&mut self, _: &[&str], tasks: usize) -> Result<Opened<Self>, SourceError> {
        self.1 = Transaction::default();
        let beside = (1..tasks).map(|_| Self(Rc::clone(&self.0), Transaction::default()));
        Ok(Opened { offsets: self.0.borrow().offsets.clone(), beside: beside.collect() })
    }

    async fn send(
        &mut self,
        topic: &str,
        records: &mut Vec<SourceRecord>,
    ) -> Result<(), SourceError> {
        let records = records.drain(..).map(|record| (topic.to_owned(), record));
        self.1.records.extend(records);
        Ok(())
    }

    async fn send_letters(
        &mut self,
        _: &str,
        letters: &mut Vec<Letter>,
    ) -> Result<(), SourceError> {
        self.1.letters.append(letters);
        Ok(())
    }

    async fn commit(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), SourceError> {
        let mut kept = self.0.borrow_mut();
        match value {
            Some(value) => drop(kept.offsets.insert(key.to_vec(), value.to_vec())),
            None => drop(kept.offsets.remove(key)),
        }
        let Transaction { records, letters } = std::mem::take(&mut self.1);
        kept.committed.extend(records);
        kept.letters.extend(letters);
        kept.commits += 1;
        Ok(())
    }

    async fn abort(&mut self) -> Result<(), SourceError> {
        self.1 = Transaction::default();
        Ok(())
    }
}
