//! One invocation: reads the configuration, takes over from any earlier instance, polls, and tells what was done.

use std::cell::RefCell;
use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use serde_json::Value;
use sluice_bridge::options::Settings;
use sluice_registry::SchemaRegistry;
use sluice_source::error::{Next, SourceError};
use sluice_source::poll::Poll;
use sluice_source::source::Source;
use tokio::time::{Instant, timeout_at};

use crate::config::configuration::Configuration;
use crate::config::extension::ReadPatience;
use crate::lambda::deadline::Deadline;
use crate::lambda::response::{Failed, Kind};
use crate::log::format::LogFormat;
use crate::source::dry_run::{self, Asked};
use crate::source::journal::{KafkaJournal, Schemas};
use crate::source::line::PollLine;
use crate::source::settings::{Parts, build, source_options};

/// How long closing the connections may take: a newer instance takes over without it.
const CLOSING: Duration = Duration::from_millis(500);

/// A source between invocations: its configuration, and the ids of schemas, which mean the same for ever. Nothing else,
/// because another instance may have polled meanwhile.
pub(crate) struct Invoker {
    configuration: Configuration,
    format: LogFormat,
    /// The registry of the invocation before.
    registry: RefCell<Rc<SchemaRegistry>>,
}

impl Invoker {
    pub(crate) fn new(environment: Vec<(String, String)>, format: LogFormat) -> Self {
        Self {
            configuration: Configuration::new(environment),
            format,
            registry: RefCell::default(),
        }
    }

    /// Reads the configuration; `fresh` asks for secrets that are not kept.
    ///
    /// # Errors
    /// Every problem of it, or a secret that cannot be had.
    pub(crate) async fn parts<S: Source>(
        &self,
        until: Instant,
        fresh: bool,
    ) -> Result<Parts<S>, Failed> {
        let patience = ReadPatience { until, fresh };
        let mut settings = self.configuration.settings(&source_options::<S>(), patience).await?;
        let earlier = Rc::clone(&self.registry.borrow());
        let parts = build::<S>(&mut settings, &earlier);
        check(settings)?;
        let parts = parts
            .ok_or_else(|| Failed::configuration("the source could not be set up".to_owned()))?;
        self.registry.replace(Rc::clone(&parts.registry));
        Ok(parts)
    }

    /// Polls once, and writes a line to `out`; or checks, if that is what `event` asks for.
    ///
    /// # Errors
    /// Why not everything could be polled. What is committed stays.
    pub(crate) async fn invoke<S: Source>(
        &self,
        event: &Value,
        request: &str,
        function: &str,
        deadline: Deadline,
        out: &mut dyn Write,
    ) -> Result<Value, Failed> {
        if let Some(asked) = dry_run::asked(event) {
            return self.check::<S>(asked, deadline).boxed_local().await;
        }
        let start = Instant::now();
        let mut line = PollLine::new(function);
        let polled = AssertUnwindSafe(self.log_in_and_poll::<S>(deadline, &mut line));
        let polled = polled.catch_unwind().await.unwrap_or_else(|_| Err(Failed::panicked()));
        if let Err(failed) = &polled {
            line.fail(failed);
        }
        let answer = line.answer();
        line.write(out, self.format, request, start.elapsed());
        polled.map(|()| answer)
    }

    /// Tries each table once and writes nothing, also no line.
    ///
    /// # Errors
    /// What concerns more than one table.
    pub(crate) async fn check<S: Source>(
        &self,
        asked: Asked,
        deadline: Deadline,
    ) -> Result<Value, Failed> {
        let parts = self.parts::<S>(deadline.write(), false).await?;
        let checked = AssertUnwindSafe(dry_run::run(parts, asked, deadline)).catch_unwind().await;
        match checked {
            Ok(checked) => checked.map_err(|error| Failed::polling(&error)),
            Err(_) => Err(Failed::panicked()),
        }
    }

    /// Credentials that are refused are read again, once.
    async fn log_in_and_poll<S: Source>(
        &self,
        deadline: Deadline,
        line: &mut PollLine,
    ) -> Result<(), Failed> {
        let parts = self.parts::<S>(deadline.write(), false).await?;
        match poll(parts, deadline, line).boxed_local().await {
            Err(error) if error.next == Next::LogIn => {
                let parts = self.parts::<S>(deadline.write(), true).await?;
                poll(parts, deadline, line).boxed_local().await
            }
            polled => polled,
        }
        .map_err(|error| Failed::polling(&error))
    }
}

fn check(settings: Settings) -> Result<(), Failed> {
    settings.check().map_err(|problems| Failed::configuration(problems.to_string()))
}

/// Polls until nothing is new or the time is nearly up.
async fn poll<S: Source>(
    parts: Parts<S>,
    deadline: Deadline,
    line: &mut PollLine,
) -> Result<(), SourceError> {
    let Parts { rules, access, registry, source } = parts;
    line.of(&rules.connector);
    let has_time = rules.mode.has_time();
    let schemas = Schemas { registry, registers: rules.formats.registers };
    let journal = KafkaJournal::new(access, schemas, &rules, deadline.settle());
    let late = || SourceError::retry("a page was not committed in time: it is read again");
    let mut opened = None;
    let polled = timeout_at(deadline.settle(), async {
        let poll = opened.insert(Poll::open(source, journal, rules).await?);
        line.warn(poll.warnings());
        let outcome = poll.run(deadline.write()).await?;
        let _ = timeout_at(Instant::now() + CLOSING, poll.close()).await;
        Ok(outcome)
    });
    let polled = polled.await.unwrap_or_else(|_| Err(late()));
    if let Some(poll) = &mut opened {
        line.warn(poll.warnings());
        // Rows that are committed are told, whatever failed after them.
        let outcome = match &polled {
            Ok(outcome) => outcome.clone(),
            Err(_) => poll.committed(),
        };
        line.told(outcome, has_time);
    }
    match polled.and_then(|outcome| outcome.error().map_or(Ok(()), Err)) {
        Err(error) if error.next == Next::GiveWay => {
            line.superseded();
            Ok(())
        }
        polled => polled,
    }
}

/// Whether a failure does not pass with time.
pub(crate) fn is_for_good(failed: &Failed) -> bool {
    failed.kind == Kind::Configuration
}
