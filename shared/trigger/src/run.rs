//! Runs a mapping: reads records, invokes the function, commits offsets.
//!
//! One task owns the whole state. It waits for several futures at once: polls, invocations and
//! commits. [`Assignment`] makes the decisions about records.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use krafka::consumer::{Consumer, ConsumerRecord};
use krafka::{Kafka, KrafkaError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::assignment::Assignment;
use crate::destination::{Postbox, Undelivered};
use crate::error::{Error, Failure};
use crate::event::batch::Batch;
use crate::function::Function;
use crate::function::output::Tally;
use crate::kafka::place::Place;
use crate::kafka::topics::View;
use crate::observer::histogram::Histogram;
use crate::observer::{Observer, Summary};
use crate::settings::mapping::Mapping;

mod begin;
pub(crate) mod beginner;
mod broker;
mod commit;
pub(crate) mod consumer;
mod elsewhere;
mod ends;
mod jumps;
mod look;
mod progress;
mod start;
mod topics;
mod work;

pub use start::run;

use beginner::{Beginner, Begun};
use commit::Committer;
use consumer::Change;
use elsewhere::Elsewhere;
use ends::Ends;
use look::Watch;

/// How often a commit is tried before a partition is handed over, or the run ends, without it.
const LAST_COMMITS: u32 = 3;

/// How long a run that ends waits for the answer to its first request to join the group.
const JOIN_WAIT: Duration = Duration::from_secs(3);

/// The connection of a run to its cluster.
pub(crate) struct Cluster {
    pub(crate) kafka: Kafka,
    pub(crate) consumer: Arc<Consumer>,
    /// The topics at the start of the run.
    pub(crate) view: View,
}

type Poll = Pin<Box<dyn Future<Output = Result<Vec<ConsumerRecord>, KrafkaError>> + Send>>;

pub(crate) struct Run {
    mapping: Mapping,
    observer: Arc<dyn Observer>,
    kafka: Kafka,
    consumer: Arc<Consumer>,
    watch: Watch,
    beginner: Beginner,
    begins: JoinSet<Begun>,
    /// Assigned partitions whose start offset is not known yet, each with the number of its last
    /// request.
    awaiting: BTreeMap<Place, u64>,
    turn: u64,
    ends: Ends,
    /// Partitions that have not been fetched for a while.
    stale: BTreeSet<Place>,
    assignment: Assignment,
    committer: Committer,
    tally: Arc<Tally>,
    idle: Vec<Function>,
    tasks: JoinSet<Done>,
    /// The number of tasks that wait until a function has started.
    starting: usize,
    postbox: Option<Arc<Postbox>>,
    posting: JoinSet<Posted>,
    /// Revoked partitions to hand over; dropping the sender lets the group continue.
    leaving: Vec<(Vec<Place>, oneshot::Sender<()>)>,
    summary: Summary,
    first_record: Option<Instant>,
    durations: Histogram,
    shown_at: Option<Instant>,
    last_success: Option<SystemTime>,
    failing_since: Option<SystemTime>,
    elsewhere: Elsewhere,
    /// Whether partitions were revoked and the next assignment has not arrived yet.
    rebalancing: bool,
    /// Whether the group has sent an assignment, which may be empty.
    has_joined: bool,
    stopping: bool,
    /// Whether the caller has asked the run to stop.
    asked: watch::Sender<bool>,
    unheeded: bool,
}

/// A function that is idle again.
struct Done {
    function: Function,
    /// The batch of the invocation; `None` if the function was only started.
    batch: Option<Batch>,
    outcome: Result<Bytes, Failure>,
    /// Why records were given back, if the function's log says so.
    reason: Option<String>,
    took: Duration,
}

/// The result of sending records that were given up to the destination.
struct Posted {
    batch: Batch,
    result: Result<(), Undelivered>,
}

impl Run {
    pub(crate) fn new(
        mapping: Mapping,
        observer: Arc<dyn Observer>,
        cluster: Cluster,
        postbox: Option<Arc<Postbox>>,
        goals: BTreeMap<Place, i64>,
    ) -> Self {
        let (bootstrap, filters) = (mapping.bootstrap.clone(), mapping.filters.clone());
        let (limits, patience) = (mapping.limits, mapping.patience);
        let Cluster { kafka, consumer, view } = cluster;
        let beginner = Beginner {
            kafka: kafka.clone(),
            consumer: Arc::clone(&consumer),
            group: mapping.group.clone(),
            position: mapping.starting_position,
            out_of_range: mapping.out_of_range,
        };
        let mut run = Self {
            assignment: Assignment::new(limits, patience, filters, bootstrap, goals),
            committer: Committer::new(Arc::clone(&consumer)),
            watch: Watch::new(view, mapping.metadata_max_age),
            beginner,
            begins: JoinSet::new(),
            awaiting: BTreeMap::new(),
            turn: 0,
            ends: Ends::default(),
            stale: BTreeSet::new(),
            tally: Arc::new(Tally::default()),
            idle: Vec::new(),
            tasks: JoinSet::new(),
            starting: 0,
            postbox,
            posting: JoinSet::new(),
            leaving: Vec::new(),
            summary: Summary::default(),
            first_record: None,
            durations: Histogram::default(),
            shown_at: None,
            last_success: None,
            failing_since: None,
            elsewhere: Elsewhere::default(),
            rebalancing: false,
            has_joined: false,
            stopping: false,
            asked: watch::Sender::new(false),
            unheeded: false,
            mapping,
            observer,
            kafka,
            consumer,
        };
        run.tell_missing();
        run.start_functions();
        run
    }

    /// Runs until `stop` resolves, or with `once` until all records are settled. Then it finishes
    /// the records in flight.
    pub(crate) async fn until(
        mut self,
        stop: impl Future<Output = ()>,
        mut changes: mpsc::UnboundedReceiver<Change>,
    ) -> Result<Summary, Error> {
        let mut stop = pin!(stop);
        let mut poll = self.poll(Duration::ZERO);
        loop {
            self.advance().await;
            if self.is_over() {
                break;
            }
            let wake_at = self.wake_at();
            tokio::select! {
                polled = &mut poll => {
                    let pause = self.receive(polled).await?;
                    poll = self.poll(pause);
                }
                Some(change) = changes.recv() => self.change(change),
                Some(done) = self.tasks.join_next() => self.conclude(done)?,
                Some(posted) = self.posting.join_next() => self.posted(posted)?,
                sent = self.committer.sent() => self.committed(sent),
                drained = self.elsewhere.answer() => self.drained_elsewhere(drained),
                looked = self.watch.looked() => self.follow_topics(looked).await,
                Some(begun) = self.begins.join_next() => self.begun(begun).await?,
                found = self.ends.answer() => self.note_ends(found),
                () = sleep_until(wake_at) => {}
                () = &mut stop, if !*self.asked.borrow() => self.obey(),
            }
        }
        if !self.has_joined {
            end_joining(poll, changes).await;
        }
        self.finish().await
    }

    /// Does everything that needs no waiting.
    async fn advance(&mut self) {
        self.dispatch();
        self.control_flow().await;
        let now = Instant::now();
        self.committer.send(&self.assignment, now);
        self.hand_over();
        self.watch_goals();
        self.watch.look(&self.kafka, &self.mapping, now);
        self.ask_ends(now);
        self.show(now);
    }

    /// Takes no more records.
    fn stop(&mut self) {
        self.stopping = true;
        self.assignment.abandon();
    }

    /// Stops on request: records in flight are finished, functions that are starting are not
    /// waited for.
    fn obey(&mut self) {
        self.asked.send_replace(true);
        self.stop();
    }

    fn is_over(&self) -> bool {
        let committed = self.assignment.uncommitted().is_empty();
        self.stopping
            && self.tasks.is_empty()
            && self.posting.is_empty()
            && !self.committer.is_sending()
            && (committed || self.committer.failures() >= LAST_COMMITS)
    }

    fn wake_at(&self) -> Option<Instant> {
        // Without an idle function no batch can be sent.
        let batch = self.assignment.wake_at().filter(|_| !self.idle.is_empty());
        let now = Instant::now();
        let waits = [self.committer.wake_at(), self.elsewhere.wake_at(), self.ends.wake_at()];
        let waits = waits.into_iter().chain([self.watch.wake_at()]).flatten();
        batch.into_iter().chain(waits.filter(|at| *at > now)).min()
    }

    /// Ends the functions, and counts their last log lines.
    async fn finish(mut self) -> Result<Summary, Error> {
        for function in self.idle.drain(..) {
            function.stop().await;
        }
        self.shown_at = None;
        self.show(Instant::now());
        self.summary.behind = self.assignment.lag();
        Ok(self.summary)
    }
}

/// Waits for the end of a request to join, so that the member can leave. If the request were
/// aborted, the broker would know a member that we do not know, and the group would wait for it for
/// the whole session timeout.
async fn end_joining(mut poll: Poll, mut changes: mpsc::UnboundedReceiver<Change>) {
    let ended = async {
        loop {
            tokio::select! {
                _ = &mut poll => break,
                // Nothing is read any more, so the group can continue at once.
                Some(change) = changes.recv() => drop(change),
            }
        }
    };
    let _ = timeout(JOIN_WAIT, ended).await;
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
