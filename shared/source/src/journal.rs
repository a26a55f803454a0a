//! The interface of Kafka to the rules: records and the offset behind them become visible together, or not at all.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use crate::encoding::{Part, Schema};
use crate::error::SourceError;
use crate::options::letter::Letter;
use crate::source::SourceRecord;

/// What a journal begins with that has taken over.
#[derive(Debug)]
pub struct Opened<J> {
    /// The committed offsets: keys and values.
    pub offsets: HashMap<Vec<u8>, Vec<u8>>,
    /// The journals of the further tasks. Each has transactions of its own.
    pub beside: Vec<J>,
}

/// Writes records and offsets in transactions.
///
/// [`SourceError::give_way`] from any of its methods means that a newer instance has taken over: nothing that this
/// one has not committed will become visible.
pub trait Journal: Sized {
    /// Connects. It takes nothing over.
    ///
    /// # Errors
    /// Kafka cannot be reached.
    fn connect(&mut self) -> impl Future<Output = Result<(), SourceError>>;

    /// Takes over from any earlier instance, whose open transaction is undone, and reads the committed offsets.
    /// `topics` are those to which records and letters will be sent; one of them may be missing. Of `tasks` tasks, at least
    /// one, this journal is that of the first. An earlier instance is superseded as a whole, however many it had.
    ///
    /// # Errors
    /// The offsets cannot be read to their very end.
    fn open(
        &mut self,
        topics: &[&str],
        tasks: usize,
    ) -> impl Future<Output = Result<Opened<Self>, SourceError>>;

    /// The id of a schema of a topic's keys or values. It is asked for once in a process.
    ///
    /// # Errors
    /// There is no answer of a registry, or it refuses the schema, or does not have it.
    fn schema(
        &mut self,
        topic: &str,
        part: Part,
        schema: Schema,
    ) -> impl Future<Output = Result<u32, SourceError>>;

    /// Why the topic does not accept a record of this size; `None` if it does, or if that is not known.
    fn excess(&self, topic: &str, record: &SourceRecord) -> Option<String>;

    /// How long a transaction may be open.
    fn longest(&self) -> Duration;

    /// Sends records in the open transaction, and begins one if there is none. Takes them out of `records`.
    ///
    /// # Errors
    /// The transaction must be aborted.
    fn send(
        &mut self,
        topic: &str,
        records: &mut Vec<SourceRecord>,
    ) -> impl Future<Output = Result<(), SourceError>>;

    /// Sends letters, in the same transaction as records. Takes them out of `letters`.
    ///
    /// # Errors
    /// The transaction must be aborted.
    fn send_letters(
        &mut self,
        topic: &str,
        letters: &mut Vec<Letter>,
    ) -> impl Future<Output = Result<(), SourceError>>;

    /// Adds an offset (`None` deletes it) and commits.
    ///
    /// # Errors
    /// Whether it is committed may be unknown: then only [`open`](Journal::open) tells.
    fn commit(
        &mut self,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> impl Future<Output = Result<(), SourceError>>;

    /// Undoes the open transaction, if there is one.
    ///
    /// # Errors
    /// It is not undone yet; the next instance undoes it when it opens.
    fn abort(&mut self) -> impl Future<Output = Result<(), SourceError>>;
}
