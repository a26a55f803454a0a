//! The process of a sink: its start, and the loop over invocations.

use std::io::stdout;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use sluice_bridge::connector::Connector;
use sluice_bridge::options::role::RoleCredentials;
use sluice_kafka::KafkaProducer;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout, timeout_at};

use crate::compare;
use crate::config::configuration::{self, Configuration};
use crate::config::extension::ReadPatience;
use crate::config::settings::connector_options;
use crate::dry_run;
use crate::function_compute::{Served, serve};
use crate::handler::Handler;
use crate::lambda::deadline::Deadline;
use crate::lambda::raw_body::RawBody;
use crate::lambda::response::{Failed, Kind, LambdaResponse};
use crate::lambda::start_error;
use crate::log::format::LogFormat;
use crate::log::{BatchLine, Log};
use crate::platform::{FC_FUNCTION, LAMBDA_FUNCTION, Platform, port, value};
use crate::process::function::{Function, Help};
use crate::process::{options, start};
use crate::survey;

/// The help of a sink.
const HELP: Help = Help {
    what: "writes the records of Kafka topics into a target",
    reads: "It reads Lambda's events of Amazon MSK and of self-managed Kafka from the Runtime API, or those of a trigger of\n\
            Alibaba Cloud Function Compute as an HTTP server, and writes one log line for each. The platform starts it, and\n\
            so does `sluice` on any machine (`--platform function-compute` for the other of the two):",
    runs: &[
        "sluice trigger --function {program} --bootstrap HOST:PORT --topics TOPIC --group NAME",
        "sluice invoke --function {program} --event FILE",
    ],
    example: "insert.mode is SLUICE_INSERT_MODE",
};

/// How long the start waits for secrets; after that they are read at the first invocation. The
/// initialisation has ten seconds ("Lambda execution environment lifecycle").
const START: Duration = Duration::from_secs(2);

/// Runs the function of a sink until its platform ends it. On Lambda it returns only after an error of
/// the start or of the Runtime API, which it has reported.
#[must_use]
pub fn run_sink<S: Connector + 'static>() -> ExitCode {
    let function = Function {
        name: options::connector::<S>(),
        help: HELP,
        options: connector_options::<S>,
        required: configuration::required::<S>,
        check: configuration::check::<S>,
    };
    start::run(&function, serve_on::<S>)
}

async fn serve_on<S: Connector + 'static>(
    platform: Option<Platform>,
    environment: Vec<(String, String)>,
    format: LogFormat,
) -> Result<(), Error> {
    if platform == Some(Platform::FunctionCompute) {
        let port = port(&environment)?;
        let served = serve(LazyHandler::<S>::new(environment, format), port, format).await;
        return served.map_err(|error| format!("cannot listen on port {port}: {error}").into());
    }
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
            let deadline = Deadline::from_epoch_millis(event.context.deadline);
            let invoked = function.invoke(&body, deadline, &event.context.request_id);
            let invoked = AssertUnwindSafe(invoked).catch_unwind();
            let answer = invoked.await.unwrap_or_else(|_| Err(Failed::panicked()));
            answer.map(|LambdaResponse(answer)| answer)
        }
    });
    Runtime::new(service).layer(body).run().await
}

/// A handler that is created once its configuration can be read.
struct LazyHandler<S> {
    /// The function's name.
    name: String,
    configuration: Rc<Configuration>,
    format: LogFormat,
    handler: Option<Handler<S, KafkaProducer>>,
}

impl<S: Connector + 'static> LazyHandler<S> {
    fn new(environment: Vec<(String, String)>, format: LogFormat) -> Self {
        let name =
            [LAMBDA_FUNCTION, FC_FUNCTION].into_iter().find_map(|of| value(&environment, of));
        let name = name.unwrap_or_default().to_owned();
        let configuration = Rc::new(Configuration::new(environment));
        Self { name, configuration, format, handler: None }
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
                    .asking(parts.registry)
                    .reloading(Rc::clone(&self.configuration).reloader())
            }
        };
        Ok(self.handler.insert(handler))
    }

    async fn invoke(
        &mut self,
        body: &[u8],
        deadline: Deadline,
        request: &str,
    ) -> Result<LambdaResponse, Failed> {
        let patience = ReadPatience { until: deadline.write(), fresh: false };
        let mut out = stdout();
        let log = Log::of(&mut out, self.format, request);
        let late = || {
            Failed::new(Kind::Secret, "the secrets of the configuration could not be read in time")
        };
        let ready = timeout_at(deadline.answer(), self.ready(patience)).await;
        match ready.unwrap_or_else(|_| Err(late())) {
            Ok(handler) => {
                let asked = (dry_run::asked(body), survey::asked(body), compare::asked(body));
                match asked {
                    (Some(check), _, _) => handler.check(check, deadline).await,
                    (_, Some(event), _) => handler.survey(event, deadline).await,
                    (_, _, Some(ask)) => handler.compare(ask, deadline).await,
                    _ => handler.handle(body, deadline, log).await,
                }
            }
            Err(failed) => {
                BatchLine::unready(self.name.clone(), body.len(), &failed).write(log);
                Err(failed)
            }
        }
    }
}

impl<S: Connector + 'static> Served for LazyHandler<S> {
    async fn initialize(&mut self) -> Result<(), Failed> {
        self.start().await
    }

    async fn invoke(
        &mut self,
        body: &[u8],
        deadline: Deadline,
        request: &str,
        role: Option<&RoleCredentials>,
    ) -> Result<LambdaResponse, Failed> {
        self.configuration.renew_role(role);
        self.invoke(body, deadline, request).await
    }

    fn close(&mut self) {
        self.handler = None;
    }
}
