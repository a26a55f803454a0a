//! One invocation: polls all tables until nothing is new, or until the time is up.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use futures_util::future::join_all;
use tokio::time::Instant;

use crate::error::{Next, SourceError};
use crate::journal::{Journal, Opened};
use crate::options::mode::Rules;
use crate::poll::outcome::{Outcome, TableOutcome};
use crate::poll::pace::Pace;
use crate::poll::task::Task;
use crate::poll::track::{Track, topic};
use crate::source::{Found, Source};

mod absent;
pub mod dry_run;
mod extent;
pub mod outcome;
mod pace;
mod sending;
mod task;
mod track;
pub mod turn;

/// Tables whose offsets are known, between invocations.
///
/// After an error of [`run`](Poll::run) it must not be used again: only the journal knows what is committed.
pub struct Poll<S: Source, J> {
    /// At least one. Their tables are polled side by side.
    tasks: Vec<Task<S, J>>,
    /// Tables that are named and not there, or that cannot be read: their outcome in each invocation.
    unread: Vec<TableOutcome>,
}

impl<S: Source, J: Journal> Poll<S, J> {
    /// Finds the tables, takes over from any earlier instance, and reads its offsets. The tables are dealt out to
    /// `tasks.max` tasks, or to fewer if there are fewer tables.
    ///
    /// # Errors
    /// As of [`Journal::open`], [`Source::open`] and [`Source::divide`]; or two tables would have one topic.
    pub async fn open(mut source: S, mut journal: J, rules: Rules) -> Result<Self, SourceError> {
        // Side by side: neither needs the other yet.
        let ((), found) = tokio::try_join!(journal.connect(), source.open())?;
        let topics = topics(&found, &rules)?;
        let topics = topics.iter().map(String::as_str).chain(rules.letters.topic());
        let topics: Vec<&str> = topics.collect();
        let shares = shares(found.tables.len(), rules.tasks.get());
        let (Opened { offsets, beside }, further) =
            tokio::try_join!(journal.open(&topics, shares.len()), async {
                match shares.len() {
                    1 => Ok(Vec::new()),
                    _ => source.divide(&shares).await,
                }
            })?;
        let unread = unread(&found, &rules);
        let pace = Rc::new(Pace::new(rules.rows_per_second, shares.len()));
        let rules = Rc::new(rules);
        let pairs = std::iter::once((source, journal)).chain(further.into_iter().zip(beside));
        let tasks = shares.iter().zip(pairs).map(|(share, (source, journal))| {
            let tables = share.iter().map(|place| found.tables[*place].clone());
            let tracks = tables.map(|table| Track::new(table, &rules, &offsets)).collect();
            Task { source, journal, rules: Rc::clone(&rules), pace: Rc::clone(&pace), tracks }
        });
        Ok(Self { tasks: tasks.collect(), unread })
    }

    /// What a person should know although nothing failed.
    pub fn warnings(&mut self) -> Vec<String> {
        self.tasks.iter_mut().flat_map(|task| task.source.warnings()).collect()
    }

    /// Polls until nothing is new, or until `until`. A page that was begun is finished behind that.
    ///
    /// # Errors
    /// What concerns more than one table. What is committed stays; all connections are given up.
    pub async fn run(&mut self, until: Instant) -> Result<Outcome, SourceError> {
        let until = Cell::new(until);
        let polled = join_all(self.tasks.iter_mut().map(|task| task.run(&until))).await;
        let errors: Vec<&SourceError> = polled.iter().filter_map(|it| it.as_ref().err()).collect();
        // That a newer instance has taken over may be all that the others know.
        let cause = errors.iter().find(|error| error.next != Next::GiveWay).or(errors.first());
        if let Some(error) = cause {
            self.close().await;
            return Err((*error).clone());
        }
        let is_unlocked = |table: &TableOutcome| table.waits_for.is_none();
        let is_done =
            polled.iter().all(|it| *it == Ok(true)) && self.unread.iter().all(is_unlocked);
        Ok(Outcome { is_done, ..self.committed() })
    }

    /// What is committed so far, also if [`run`](Poll::run) failed or was dropped before its end.
    pub fn committed(&mut self) -> Outcome {
        let tracks = self.tasks.iter_mut().flat_map(|task| task.tracks.iter_mut());
        let read = tracks.map(Track::outcome);
        Outcome { tables: read.chain(self.unread.iter().cloned()).collect(), is_done: false }
    }

    /// Gives up all connections. Nothing that was not committed becomes visible.
    pub async fn close(&mut self) {
        join_all(self.tasks.iter_mut().map(Task::close)).await;
    }

    /// What its first task writes to.
    pub fn journal(&self) -> &J {
        &self.tasks[0].journal
    }
}

/// Which tables each task polls, by their places: every task has about as many. There is a task also without a table.
fn shares(tables: usize, most: usize) -> Vec<Vec<usize>> {
    let tasks = most.min(tables).max(1);
    (0..tasks).map(|task| (task..tables).step_by(tasks).collect()).collect()
}

/// The topics of the tables that are read. Each table has one of its own, also one that cannot be read yet.
fn topics(found: &Found, rules: &Rules) -> Result<Vec<String>, SourceError> {
    let mut of_topic: BTreeMap<String, &str> = BTreeMap::new();
    let refused = found.refused.iter().map(|table| (&table.name, &table.short));
    let tables = found.tables.iter().map(|table| (&table.name, &table.short));
    for (name, short) in tables.chain(refused) {
        let topic = topic(rules, short);
        if let Some(other) = of_topic.insert(topic.clone(), name) {
            return Err(SourceError::stop(format!(
                "tables {other} and {name} would both go to topic {topic}: give each a connector of its own"
            )));
        }
    }
    Ok(found.tables.iter().map(|table| topic(rules, &table.short)).collect())
}

/// The outcomes of the tables that are not read.
fn unread(found: &Found, rules: &Rules) -> Vec<TableOutcome> {
    let Found { tables, refused } = found;
    let read = tables.iter().map(|table| (table.name.as_str(), table.short.as_str()));
    let others = refused.iter().map(|table| (table.name.as_str(), table.short.as_str()));
    let names: Vec<absent::Name<'_>> = read.chain(others).collect();
    let absent = absent::absent(&rules.tables, &names);
    let absent = absent.iter().map(|name| absent::outcome(name, &rules.topic_prefix));
    let refused = refused
        .iter()
        .map(|it| TableOutcome::failed(it.name.clone(), topic(rules, &it.short), it.error.clone()));
    refused.chain(absent).collect()
}
