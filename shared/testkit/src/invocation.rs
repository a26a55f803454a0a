//! What the runtime does around the rules, as short as a test needs it: options become rules, an
//! event is decoded, written and committed.

use std::cell::{Cell, RefCell};
use std::time::{Duration, SystemTime};

use bumpalo::Bump;
use sluice_bridge::connector::Connector;
use sluice_bridge::event::incoming::Incoming;
use sluice_bridge::model::failure::GivenBack;
use sluice_bridge::options::retry::ERRORS_RETRY_TIMEOUT;
use sluice_bridge::options::rules::{OPTIONS, Rules};
use sluice_bridge::options::{Opt, Settings};
use sluice_bridge::run::outcome::Outcome;
use sluice_bridge::run::pipeline::{self, Clock};
use sluice_bridge::run::portion::Portion;
use sluice_bridge::run::tries::Tries;
use sluice_bridge::run::waiting::Waiting;
use sluice_bridge::sink::Sink;

use crate::event::EventBuilder;

/// `(option, value)` pairs.
pub type Options<'a> = &'a [(&'a str, &'a str)];

/// `insert.mode=insert`, and a bad row costs one row.
pub const INSERT: Options<'_> = &[("errors.tolerance", "all")];

/// `insert.mode=upsert` by the table's primary key in the value, and a bad row costs one row.
pub const UPSERT: Options<'_> =
    &[("insert.mode", "upsert"), ("pk.mode", "record_value"), ("errors.tolerance", "all")];

/// The same with `insert.mode=update`.
pub const UPDATE: Options<'_> =
    &[("insert.mode", "update"), ("pk.mode", "record_value"), ("errors.tolerance", "all")];

/// Upserts by the record's key, and tombstones delete.
pub const BY_KEY: Options<'_> = &[
    ("insert.mode", "upsert"),
    ("pk.mode", "record_key"),
    ("delete.enabled", "true"),
    ("errors.tolerance", "all"),
];

fn settings(known: &[&'static Opt], options: Options<'_>) -> Settings {
    let pairs = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::new(known, pairs)
}

/// Rules from options. Refusals that may pass do not wait, unless the options say how long.
///
/// # Panics
/// If the rules have a problem.
#[must_use]
pub fn rules(options: Options<'_>) -> Rules {
    let waits = options.iter().any(|(name, _)| *name == ERRORS_RETRY_TIMEOUT.name);
    let at_once: Options<'_> = if waits { &[] } else { &[(ERRORS_RETRY_TIMEOUT.name, "0")] };
    let mut settings = settings(OPTIONS, &[options, at_once].concat());
    let rules = Rules::from_settings(&mut settings);
    settings.check().expect("the test's options have no problem");
    rules
}

/// A sink from its options, which may include options of the rules; it does not connect.
///
/// # Errors
/// What is wrong with the options.
pub fn configure<C: Connector>(options: Options<'_>) -> Result<C, String> {
    let known: Vec<&'static Opt> = C::OPTIONS.iter().chain(OPTIONS).copied().collect();
    let mut settings = settings(&known, options);
    let sink = C::configure(&mut settings);
    settings.check().map_err(|problems| problems.to_string())?;
    sink.ok_or_else(|| "no sink and no problem".to_owned())
}

/// A clock whose time passes only in `sleep` and `pass`, and then at once.
#[derive(Debug)]
pub struct TestClock {
    remaining: RefCell<Duration>,
    pauses: RefCell<Vec<Duration>>,
    passed: Cell<Duration>,
}

impl TestClock {
    /// A clock with this much time left.
    #[must_use]
    pub fn new(remaining: Duration) -> Self {
        Self {
            remaining: RefCell::new(remaining),
            pauses: RefCell::default(),
            passed: Cell::default(),
        }
    }

    /// Moves the time of day forward.
    pub fn pass(&self, time: Duration) {
        self.passed.set(self.passed.get() + time);
    }

    /// The pauses slept so far.
    #[must_use]
    pub fn pauses(&self) -> Vec<Duration> {
        self.pauses.borrow().clone()
    }
}

impl Clock for TestClock {
    fn remaining(&self) -> Duration {
        *self.remaining.borrow()
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.passed.get()
    }

    async fn sleep(&self, pause: Duration) {
        let mut remaining = self.remaining.borrow_mut();
        *remaining = remaining.saturating_sub(pause);
        self.pass(pause);
        self.pauses.borrow_mut().push(pause);
    }
}

/// Writes an event and does not commit.
///
/// # Errors
/// As [`pipeline::write`].
pub async fn write<S: Sink>(
    sink: &mut S,
    body: &[u8],
    rules: &Rules,
) -> Result<Outcome, GivenBack> {
    write_in(sink, body, rules, Portion::default()).await
}

async fn write_in<S: Sink>(
    sink: &mut S,
    body: &[u8],
    rules: &Rules,
    portion: Portion,
) -> Result<Outcome, GivenBack> {
    let arena = Bump::new();
    sink.prefetch().await;
    let mut event = Incoming::new(body, &arena);
    let clock = TestClock::new(Duration::from_secs(900));
    let (mut waiting, mut tries) = (Waiting::default(), Tries::in_portions(portion));
    pipeline::write(sink, &mut event, rules, &clock, &mut waiting, &mut tries).await
}

/// Writes an event and commits.
///
/// # Errors
/// As [`pipeline::write`], or the commit's; the sink has been abandoned.
pub async fn deliver<S: Sink>(
    sink: &mut S,
    body: &[u8],
    rules: &Rules,
) -> Result<Outcome, GivenBack> {
    deliver_in(sink, body, rules, Portion::default()).await
}

/// The same; this much of a table is delivered at a time.
///
/// # Errors
/// As [`deliver`].
pub async fn deliver_in<S: Sink>(
    sink: &mut S,
    body: &[u8],
    rules: &Rules,
    portion: Portion,
) -> Result<Outcome, GivenBack> {
    let outcome = write_in(sink, body, rules, portion).await?;
    if let Err(error) = sink.commit().await {
        sink.abandon().await;
        return Err(error.into());
    }
    sink.tidy().await;
    Ok(outcome)
}

/// Writes values to a table, at offsets 0, 1, … of one partition, and commits.
///
/// # Errors
/// As [`deliver`].
pub async fn deliver_values<S: Sink, V: AsRef<[u8]>>(
    sink: &mut S,
    table: &str,
    options: Options<'_>,
    values: impl IntoIterator<Item = V>,
) -> Result<Outcome, GivenBack> {
    let event = EventBuilder::msk().values(table, 0, values);
    deliver(sink, &event.build(), &rules(options)).await
}

/// The outcome of records that are all written.
#[must_use]
pub fn all_written(written: usize) -> Outcome {
    Outcome { written, ..Outcome::default() }
}

/// The records of an outcome that were refused, each with the target's code if there is one.
///
/// # Panics
/// If everything was given back.
#[must_use]
pub fn refused(outcome: &Result<Outcome, GivenBack>) -> Vec<(usize, Option<&str>)> {
    let outcome = outcome.as_ref().expect("a refused row is not a fault");
    outcome.failures.iter().map(|failure| (failure.record, failure.cause.code.as_deref())).collect()
}

/// Runs a test as a function runs: on one thread.
///
/// # Panics
/// If the runtime cannot be built.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime can be built").block_on(test)
}
