//! The start of the process and the loop over invocations.

use std::ffi::OsStr;
use std::io::stdout;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use lambda_runtime::{Context, Error, LambdaEvent, Runtime, service_fn};
use sluice_bridge::connector::Connector;
use sluice_kafka::KafkaProducer;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout, timeout_at};

use crate::compare;
use crate::config::configuration::Configuration;
use crate::config::extension::ReadPatience;
use crate::dry_run;
use crate::handler::Handler;
use crate::heap::retain_heap;
use crate::lambda::deadline::Deadline;
use crate::lambda::raw_body::RawBody;
use crate::lambda::response::{Failed, Kind, LambdaResponse};
use crate::lambda::start_error;
use crate::log::format::{Level, LogFormat};
use crate::log::stderr;
use crate::log::{BatchLine, Log};
use crate::process::by_hand::{self, Start};

/// The variable with the address of the Runtime API; Lambda and `sluice trigger` set it.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

const NOT_AN_INVOCATION: &str = "the Runtime API's answer is not an invocation";

/// How long the start waits for secrets; after that they are read at the first invocation. The
/// initialisation has ten seconds ("Lambda execution environment lifecycle").
const START: Duration = Duration::from_secs(2);

/// Runs the function of a sink until Lambda ends it. Returns only after an error of the start or of
/// the Runtime API, which it has reported.
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
    // The message of a panic may contain values; its location is enough to find the bug.
    panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map_or(String::new(), |place| format!(" at {place}"));
        stderr::say(format, Level::Error, &format!("panicked{place}"));
    }));
    retain_heap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = runtime.map_err(Error::from).and_then(|runtime| {
        // The vendor's loop panics if an answer of the Runtime API lacks a header.
        let served = AssertUnwindSafe(serve::<S>(environment, format)).catch_unwind();
        runtime.block_on(served).unwrap_or_else(|_| Err(NOT_AN_INVOCATION.into()))
    });
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
) -> Result<(), Error> {
    let mut function = LazyHandler::<S>::new(environment, format);
    if let Err(failed) = function.start().await {
        start_error::report(&failed).await?;
        return Err(failed.message.into());
    }
    // The loop handles one invocation at a time, so the lock is always free.
    let function = Rc::new(Mutex::new(function));
    let body = RawBody::default();
    let bodies = body.clone();
    let service = service_fn(move |event: LambdaEvent<()>| {
        let (function, body) = (Rc::clone(&function), bodies.take());
        async move {
            let mut function = function.lock().await;
            let invoked = AssertUnwindSafe(function.invoke(&body, &event.context)).catch_unwind();
            let answer = invoked.await.unwrap_or_else(|_| Err(Failed::panicked()));
            answer.map(|LambdaResponse(answer)| answer)
        }
    });
    Runtime::new(service).layer(body).run().await
}

/// The environment as text. Other bytes become replacement characters, so that a wrong option is
/// refused and not ignored.
fn environment() -> Vec<(String, String)> {
    std::env::vars_os().map(|(name, value)| (text(&name), text(&value))).collect()
}

fn text(text: &OsStr) -> String {
    text.to_string_lossy().into_owned()
}

/// A handler that is created once its configuration can be read.
struct LazyHandler<S> {
    configuration: Rc<Configuration>,
    format: LogFormat,
    handler: Option<Handler<S, KafkaProducer>>,
}

impl<S: Connector + 'static> LazyHandler<S> {
    fn new(environment: Vec<(String, String)>, format: LogFormat) -> Self {
        Self { configuration: Rc::new(Configuration::new(environment)), format, handler: None }
    }

    /// Reads the configuration. If its secrets cannot be read before the first invocation, they are
    /// read then.
    ///
    /// # Errors
    /// A problem of the configuration that a retry does not solve.
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

    async fn invoke(&mut self, body: &[u8], context: &Context) -> Result<LambdaResponse, Failed> {
        let deadline = Deadline::from_epoch_millis(context.deadline);
        let patience = ReadPatience { until: deadline.write(), fresh: false };
        let mut out = stdout();
        let log = Log::of(&mut out, self.format, &context.request_id);
        let late = || {
            Failed::new(Kind::Secret, "the secrets of the configuration could not be read in time")
        };
        let ready = timeout_at(deadline.answer(), self.ready(patience)).await;
        match ready.unwrap_or_else(|_| Err(late())) {
            Ok(handler) => match (dry_run::asked(body), compare::asked(body)) {
                (Some(event), _) => handler.check(event, deadline).await,
                (_, Some(ask)) => handler.compare(ask, deadline).await,
                _ => handler.handle(body, deadline, log).await,
            },
            Err(failed) => {
                let connector = context.env_config.function_name.clone();
                BatchLine::unready(connector, body.len(), &failed).write(log);
                Err(failed)
            }
        }
    }
}
