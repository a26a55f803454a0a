//! What the runtime does around the rules, as short as a test needs it: options become rules,
//! an event is decoded, written and committed.

use std::cell::RefCell;
use std::time::Duration;

use bumpalo::Bump;
use sluice_bridge::failure::GivenBack;
use sluice_bridge::incoming::Incoming;
use sluice_bridge::options::Settings;
use sluice_bridge::road::{self, Clock, Outcome};
use sluice_bridge::rules::{OPTIONS, Rules};
use sluice_bridge::sink::Sink;

/// Rules from `(option, value)` pairs.
///
/// # Panics
/// If the rules have a problem.
#[must_use]
pub fn rules(options: &[(&str, &str)]) -> Rules {
    let pairs = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut settings = Settings::new(OPTIONS, pairs);
    let rules = Rules::from_settings(&mut settings);
    settings.check().expect("the test's options have no problem");
    rules
}

/// Time that passes only by sleeping, and then at once.
#[derive(Debug)]
pub struct TestClock {
    remaining: RefCell<Duration>,
    pauses: RefCell<Vec<Duration>>,
}

impl TestClock {
    /// A clock with this much time left.
    #[must_use]
    pub fn new(remaining: Duration) -> Self {
        Self { remaining: RefCell::new(remaining), pauses: RefCell::default() }
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

    async fn sleep(&self, pause: Duration) {
        let mut remaining = self.remaining.borrow_mut();
        *remaining = remaining.saturating_sub(pause);
        self.pauses.borrow_mut().push(pause);
    }
}

/// Writes an event and leaves the work open.
///
/// # Errors
/// As [`road::write`].
pub async fn write<S: Sink>(
    sink: &mut S,
    body: &[u8],
    rules: &Rules,
) -> Result<Outcome, GivenBack> {
    let arena = Bump::new();
    sink.anticipate().await;
    let mut event = Incoming::new(body, &arena);
    let clock = TestClock::new(Duration::from_secs(900));
    road::write(sink, &mut event, rules, &clock, &mut 0).await
}

/// Writes an event and commits.
///
/// # Errors
/// As [`road::write`], or the commit's; the sink has been abandoned.
pub async fn deliver<S: Sink>(
    sink: &mut S,
    body: &[u8],
    rules: &Rules,
) -> Result<Outcome, GivenBack> {
    let outcome = write(sink, body, rules).await?;
    if let Err(error) = sink.commit().await {
        sink.abandon().await;
        return Err(error.into());
    }
    Ok(outcome)
}

/// Runs a test as a function runs: on one thread.
///
/// # Panics
/// If the runtime cannot be built.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime can be built").block_on(test)
}
