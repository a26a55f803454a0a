//! From the start of the process to the loop over invocations.

use std::ffi::OsStr;
use std::io::stdout;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use sluice_bridge::connector::Connector;
use sluice_kafka::KafkaProducer;
use tokio::time::{Instant, timeout, timeout_at};

use crate::compare;
use crate::config::configuration::Configuration;
use crate::config::extension::ReadPatience;
use crate::dry_run;
use crate::handler::Handler;
use crate::heap::retain_heap;
use crate::lambda::deadline::Deadline;
use crate::lambda::invocation::{Ended, Invocation, RuntimeApi};
use crate::lambda::response::{Failed, Kind, LambdaResponse};
use crate::log::format::{Level, LogFormat};
use crate::log::stderr;
use crate::log::{BatchLine, Log};
use crate::process::by_hand::{self, Start};

/// Lambda sets it for the process; so does `sluice trigger`.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";
const FUNCTION_NAME: &str = "AWS_LAMBDA_FUNCTION_NAME";

/// An endpoint for secrets that has not answered by then is asked again at the first invocation:
/// initialisation has ten seconds ("Lambda execution environment lifecycle").
const START: Duration = Duration::from_secs(2);

/// Runs a sink's function until Lambda ends it. Returns only when something is wrong with the
/// start or the Runtime API, having said what.
#[must_use]
pub fn run_sink<S: Connector + 'static>() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os().map(|argument| text(&argument)).collect();
    let environment = environment();
    let start = Start {
        arguments: &arguments,
        environment: &environment,
        runtime_api: RUNTIME_API,
        is_served: std::env::var_os(RUNTIME_API).is_some_and(|address| !address.is_empty()),
    };
    if let Some(answered) = by_hand::answer::<S>(&start) {
        return answered;
    }
    let format = LogFormat::from_variables(|name| std::env::var(name).ok());
    // A panic's own message may quote what it choked on; its place is enough to find it.
    panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map_or(String::new(), |place| format!(" at {place}"));
        stderr::say(format, Level::Error, &format!("panicked{place}"));
    }));
    retain_heap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = runtime
        .map_err(Ended::from)
        .and_then(|runtime| runtime.block_on(serve::<S>(environment, format)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            stderr::say(format, Level::Error, &error.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn serve<S: Connector + 'static>(
    environment: Vec<(String, String)>,
    format: LogFormat,
) -> Result<(), Ended> {
    let api = RuntimeApi::new();
    let mut function = LazyHandler::<S>::new(environment, format);
    if let Err(failed) = function.start().await {
        api.fail_start(&failed).await?;
        return Err(failed.message.into());
    }
    api.ready().await?;
    let mut body = Vec::new();
    loop {
        let mut invocation = api.next().await?;
        // A panic is told of when it comes again with the body.
        let _ = AssertUnwindSafe(function.prepare(invocation.deadline)).catch_unwind().await;
        invocation.read(&mut body).await?;
        let invoked = AssertUnwindSafe(function.invoke(&body, &invocation)).catch_unwind().await;
        let answer = invoked.unwrap_or_else(|_| Err(Failed::panicked()));
        if let Err(refused) = api.answer(&invocation, answer).await? {
            stderr::say(format, Level::Error, &refused);
        }
    }
}

/// The environment as text. What is none comes out with replacement characters, so that an
/// option of ours is refused rather than overlooked.
fn environment() -> Vec<(String, String)> {
    std::env::vars_os().map(|(name, value)| (text(&name), text(&value))).collect()
}

fn text(text: &OsStr) -> String {
    text.to_string_lossy().into_owned()
}

/// A handler, once its configuration could be read.
struct LazyHandler<S> {
    configuration: Rc<Configuration>,
    format: LogFormat,
    handler: Option<Handler<S, KafkaProducer>>,
}

impl<S: Connector + 'static> LazyHandler<S> {
    fn new(environment: Vec<(String, String)>, format: LogFormat) -> Self {
        Self { configuration: Rc::new(Configuration::new(environment)), format, handler: None }
    }

    /// Reads the configuration, without its secrets if those cannot be had before the first
    /// invocation.
    ///
    /// # Errors
    /// What time does not mend.
    async fn start(&mut self) -> Result<(), Failed> {
        let patience = ReadPatience { until: Instant::now(), fresh: false };
        match timeout(START, self.ready(patience)).await {
            Ok(Err(failed)) if failed.kind == Kind::Configuration => Err(failed),
            _ => Ok(()),
        }
    }

    async fn ready(
        &mut self,
        patience: ReadPatience,
    ) -> Result<&mut Handler<S, KafkaProducer>, Failed> {
        let handler = match self.handler.take() {
            Some(handler) => handler,
            None => {
                let parts = self.configuration.start(patience).await?;
                Handler::new(parts.config, parts.sink, parts.connect)
                    .reloading(Rc::clone(&self.configuration).reloader())
            }
        };
        Ok(self.handler.insert(handler))
    }

    /// Prepares for an invocation whose body is on its way.
    async fn prepare(&mut self, deadline: Deadline) {
        if let Some(handler) = &mut self.handler {
            handler.prepare(deadline).await;
        }
    }

    async fn invoke(
        &mut self,
        body: &[u8],
        invocation: &Invocation,
    ) -> Result<LambdaResponse, Failed> {
        let deadline = invocation.deadline;
        let patience = ReadPatience { until: deadline.write(), fresh: false };
        let mut out = stdout();
        let log = Log::of(&mut out, self.format, &invocation.id);
        let late = || Failed::new(Kind::Secret, "the configuration's secrets were not had in time");
        let ready = timeout_at(deadline.answer(), self.ready(patience)).await;
        match ready.unwrap_or_else(|_| Err(late())) {
            Ok(handler) => match (dry_run::asked(body), compare::asked(body)) {
                (Some(event), _) => handler.check(event, deadline).await,
                (_, Some(ask)) => handler.compare(ask, deadline).await,
                _ => handler.handle(body, deadline, log).await,
            },
            Err(failed) => {
                let connector = std::env::var(FUNCTION_NAME).unwrap_or_default();
                BatchLine::unready(connector, body.len(), &failed).write(log);
                Err(failed)
            }
        }
    }
}
