//! A journal in memory: what a source has committed, transaction by transaction.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use sluice_source::error::SourceError;
use sluice_source::journal::Journal;
use sluice_source::letter::Letter;
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
    open: Vec<Told>,
    committed: Vec<Told>,
    open_letters: Vec<Letter>,
    letters: Vec<Letter>,
    commits: usize,
}

/// Keeps what is committed; its clones keep the same.
#[derive(Debug, Clone, Default)]
pub struct MemoryJournal(Rc<RefCell<Kept>>);

impl MemoryJournal {
    /// Takes the records that were committed since the last call.
    #[must_use]
    pub fn take(&self) -> Vec<Told> {
        std::mem::take(&mut self.0.borrow_mut().committed)
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

    fn excess(&self, _: &str, _: &SourceRecord) -> Option<String> {
        None
    }

    fn longest(&self) -> Duration {
        Duration::from_secs(60)
    }

    async fn open(&mut self, _: &[&str]) -> Result<HashMap<Vec<u8>, Vec<u8>>, SourceError> {
        let mut kept = self.0.borrow_mut();
        kept.open.clear();
        kept.open_letters.clear();
        Ok(kept.offsets.clone())
    }

    async fn send(
        &mut self,
        topic: &str,
        records: &mut Vec<SourceRecord>,
    ) -> Result<(), SourceError> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let told = |record: SourceRecord| Told {
            topic: topic.to_owned(),
            key: record.key.as_deref().map(text),
            value: text(&record.value),
            timestamp: record.timestamp,
        };
        self.0.borrow_mut().open.extend(records.drain(..).map(told));
        Ok(())
    }

    async fn send_letters(
        &mut self,
        _: &str,
        letters: &mut Vec<Letter>,
    ) -> Result<(), SourceError> {
        self.0.borrow_mut().open_letters.append(letters);
        Ok(())
    }

    async fn commit(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), SourceError> {
        let mut kept = self.0.borrow_mut();
        match value {
            Some(value) => drop(kept.offsets.insert(key.to_vec(), value.to_vec())),
            None => drop(kept.offsets.remove(key)),
        }
        let open = std::mem::take(&mut kept.open);
        kept.committed.extend(open);
        let letters = std::mem::take(&mut kept.open_letters);
        kept.letters.extend(letters);
        kept.commits += 1;
        Ok(())
    }

    async fn abort(&mut self) -> Result<(), SourceError> {
        let mut kept = self.0.borrow_mut();
        kept.open.clear();
        kept.open_letters.clear();
        Ok(())
    }
}
