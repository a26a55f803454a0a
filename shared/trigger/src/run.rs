//! Runs a mapping: reads records, invokes the function, commits offsets.
//!
//! One task owns the whole state. It waits for several futures at once: polls, invocations and
//! commits. [`Assignment`] makes the decisions about records.

use std::collections::BTreeMap;
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
use crate::destination::{DestinationError, DestinationProducer};
use crate::error::{Error, Failure};
use crate::event::batch::Batch;
use crate::function::Function;
use crate::function::output::FunctionCounts;
use crate::kafka::topic_partition::TopicPartition;
use crate::observer::histogram::Histogram;
use crate::observer::{Observer, Summary};
use crate::settings::mapping::Mapping;

mod broker;
mod commit;
pub(crate) mod consumer;
mod ends;
mod invocations;
mod jumps;
mod log;
mod other_members;
mod progress;
mod start;
pub(crate) mod start_offset;
mod start_partitions;
mod topic_watch;
mod topics;

pub use start::run;

use commit::Committer;
use consumer::AssignmentChange;
use ends::Ends;
use other_members::OtherMembers;
use start_offset::{StartAnswer, StartOffsetFinder};
use topic_watch::TopicWatch;

/// How often a commit is tried before a partition is handed over, or the run ends, without it.
const LAST_COMMITS: u32 = 3;

/// How long a run that ends waits for the answer to its first request to join the group.
const JOIN_WAIT: Duration = Duration::from_secs(3);

type Poll = Pin<Box<dyn Future<Output = Result<Vec<ConsumerRecord>, KrafkaError>> + Send>>;

pub(crate) struct Run {
    mapping: Mapping,
    observer: Arc<dyn Observer>,
    kafka: Kafka,
    consumer: Arc<Consumer>,
    watch: TopicWatch,
    start_finder: StartOffsetFinder,
    start_requests: JoinSet<StartAnswer>,
    /// Assigned partitions whose start offset is not known yet, each with the number of its last
    /// request.
    without_start: BTreeMap<TopicPartition, u64>,
    turn: u64,
    ends: Ends,
    assignment: Assignment,
    committer: Committer,
    function_counts: Arc<FunctionCounts>,
    idle: Vec<Function>,
    tasks: JoinSet<Invoked>,
    /// The number of tasks that wait until a function has started.
    starting: usize,
    destination: Option<Arc<DestinationProducer>>,
    deliveries: JoinSet<Delivered>,
    /// Revoked partitions to hand over; dropping the sender lets the group continue.
    revoked: Vec<(Vec<TopicPartition>, oneshot::Sender<()>)>,
    summary: Summary,
    first_record: Option<Instant>,
    durations: Histogram,
    reported_at: Option<Instant>,
    last_success: Option<SystemTime>,
    failing_since: Option<SystemTime>,
    other_members: OtherMembers,
    /// Whether partitions were revoked and the next assignment has not arrived yet.
    rebalancing: bool,
    /// Whether the group has sent an assignment, which may be empty.
    has_joined: bool,
    stopping: bool,
    /// Whether the caller has asked the run to stop.
    stop_requested: watch::Sender<bool>,
    item_failures_noticed: bool,
}

/// A function that is idle again.
struct Invoked {
    function: Function,
    /// The batch of the invocation; `None` if the function was only started.
    batch: Option<Batch>,
    outcome: Result<Bytes, Failure>,
    /// Why records were given back, if the function's log says so.
    reason: Option<String>,
    took: Duration,
}

/// The result of sending records that were given up to the destination.
struct Delivered {
    batch: Batch,
    result: Result<(), DestinationError>,
}

impl Run {
    /// Runs until `stop` resolves, or with `once` until all records are settled. Then it finishes
    /// the records in flight.
    pub(crate) async fn until(
        mut self,
        stop: impl Future<Output = ()>,
        mut changes: mpsc::UnboundedReceiver<AssignmentChange>,
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
                Some(delivered) = self.deliveries.join_next() => self.delivered(delivered)?,
                sent = self.committer.sent() => self.committed(sent),
                drained = self.other_members.answer() => self.other_members_drained(drained),
                updated = self.watch.updated() => self.apply_topics(updated).await,
                Some(answer) = self.start_requests.join_next() => self.start_partitions(answer).await?,
                found = self.ends.answer() => self.note_ends(found),
                () = sleep_until(wake_at) => {}
                () = &mut stop, if !*self.stop_requested.borrow() => self.request_stop(),
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
        self.check_goals();
        self.watch.refresh(&self.kafka, &self.mapping, now);
        self.request_ends(now);
        self.report_progress(now);
    }

    /// Takes no more records.
    fn stop(&mut self) {
        self.stopping = true;
        self.assignment.abandon();
    }

    /// Stops on request: records in flight are finished, functions that are starting are not
    /// waited for.
    fn request_stop(&mut self) {
        self.stop_requested.send_replace(true);
        self.stop();
    }

    fn is_over(&self) -> bool {
        let committed = self.assignment.uncommitted().is_empty();
        self.stopping
            && self.tasks.is_empty()
            && self.deliveries.is_empty()
            && !self.committer.is_sending()
            && (committed || self.committer.failures() >= LAST_COMMITS)
    }

    fn wake_at(&self) -> Option<Instant> {
        // Without an idle function no batch can be sent.
        let batch = self.assignment.wake_at().filter(|_| !self.idle.is_empty());
        let now = Instant::now();
        let waits = [self.committer.wake_at(), self.other_members.wake_at(), self.ends.wake_at()];
        let waits = waits.into_iter().chain([self.watch.wake_at()]).flatten();
        batch.into_iter().chain(waits.filter(|at| *at > now)).min()
    }

    /// Ends the functions, and counts their last log lines.
    async fn finish(mut self) -> Result<Summary, Error> {
        for function in self.idle.drain(..) {
            function.stop().await;
        }
        self.reported_at = None;
        self.report_progress(Instant::now());
        self.summary.passed_over |= self.assignment.missed_goals();
        self.summary.behind = self.assignment.lag();
        Ok(self.summary)
    }
}

/// Waits for the end of a request to join, so that the member can leave. If the request were
/// aborted, the broker would know a member that we do not know, and the group would wait for it for
/// the whole session timeout.
async fn end_joining(mut poll: Poll, mut changes: mpsc::UnboundedReceiver<AssignmentChange>) {
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
