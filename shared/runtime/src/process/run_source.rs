//! The process of a source: its start, and the loop over the invocations of a schedule, at either platform.

use std::io::stdout;
use std::marker::PhantomData;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use sluice_bridge::options::Settings;
use sluice_bridge::options::role::RoleCredentials;
use sluice_registry::SchemaRegistry;
use sluice_source::source::Source;
use tokio::time::{Instant, timeout};

use crate::config::configuration;
use crate::function_compute;
use crate::lambda::deadline::Deadline;
use crate::lambda::response::{Failed, LambdaResponse};
use crate::lambda::start_error;
use crate::log::format::LogFormat;
use crate::platform::{FC_FUNCTION, Platform, port, value};
use crate::process::function::{Function, Help};
use crate::process::{options, start as process};
use crate::source::invoke::{Invoker, is_for_good};
use crate::source::settings::{Parts, build, source_options};

/// The help of a source.
const HELP: Help = Help {
    what: "writes the rows of tables into Kafka topics",
    reads: "Each invocation polls all its tables until nothing is new or its time is nearly up, and writes one log line.\n\
            What it is invoked with is only read for a check. Lambda or Alibaba Cloud Function Compute starts it, usually on a schedule,\n\
            and so does `sluice` on any machine:",
    runs: &["sluice poll --function {program}"],
    example: "connection.url is SLUICE_CONNECTION_URL",
};

/// How long the start waits for secrets, as for a sink.
const START: Duration = Duration::from_secs(2);

/// Runs the function of a source until its platform ends it. On Lambda it returns only after an error of the start or
/// of the Runtime API, which it has reported.
#[must_use]
pub fn run_source<S: Source + 'static>() -> ExitCode {
    let function = Function {
        name: options::connector::<S>(),
        help: HELP,
        options: source_options::<S>,
        required: || configuration::missing(&source_options::<S>(), |it| drop(built::<S>(it))),
        check: |environment| {
            configuration::problems(environment, &source_options::<S>(), |it| drop(built::<S>(it)))
        },
    };
    process::run(&function, serve::<S>)
}

/// What the options say, for a check of them.
fn built<S: Source>(settings: &mut Settings) -> Option<Parts<S>> {
    build(settings, &SchemaRegistry::default())
}

async fn serve<S: Source + 'static>(
    platform: Option<Platform>,
    environment: Vec<(String, String)>,
    format: LogFormat,
) -> Result<(), Error> {
    if platform == Some(Platform::FunctionCompute) {
        let port = port(&environment)?;
        let name = value(&environment, FC_FUNCTION).unwrap_or_default().to_owned();
        let invoker = Invoker::new(environment, format);
        let served = Served::<S> { invoker, name, source: PhantomData };
        let served = function_compute::serve(served, port, format).await;
        return served.map_err(|error| format!("cannot listen on port {port}: {error}").into());
    }
    let invoker = Rc::new(Invoker::new(environment, format));
    if let Err(failed) = start::<S>(&invoker).await {
        start_error::report(&failed).await?;
        return Err(failed.message.into());
    }
    let service = service_fn(move |event: LambdaEvent<Value>| {
        let invoker = Rc::clone(&invoker);
        async move {
            let LambdaEvent { payload, context } = event;
            let deadline = Deadline::from_epoch_millis(context.deadline);
            let function = context.env_config.function_name.as_str();
            let request = &context.request_id;
            invoker.invoke::<S>(&payload, request, function, deadline, &mut stdout()).await
        }
        // The compiler does not accept the type that contains all futures of an invocation.
        .boxed_local()
    });
    lambda_runtime::run(service).await
}

/// Reads the configuration. If its secrets cannot be read before the first invocation, they are read then.
///
/// # Errors
/// A problem of the configuration that a retry does not solve.
async fn start<S: Source>(invoker: &Invoker) -> Result<(), Failed> {
    match timeout(START, invoker.parts::<S>(Instant::now(), false)).await {
        Ok(Err(failed)) if is_for_good(&failed) => Err(failed),
        _ => Ok(()),
    }
}

/// A source that Function Compute invokes.
struct Served<S> {
    invoker: Invoker,
    /// The function's name.
    name: String,
    source: PhantomData<fn() -> S>,
}

impl<S: Source + 'static> function_compute::Served for Served<S> {
    async fn initialize(&mut self) -> Result<(), Failed> {
        start::<S>(&self.invoker).await
    }

    async fn invoke(
        &mut self,
        event: &[u8],
        deadline: Deadline,
        request: &str,
        _: Option<&RoleCredentials>,
    ) -> Result<LambdaResponse, Failed> {
        let mut out = stdout();
        // What no check asked for need not be JSON.
        let event = serde_json::from_slice(event).unwrap_or_default();
        let polled = self.invoker.invoke::<S>(&event, request, &self.name, deadline, &mut out);
        polled.boxed_local().await.map(LambdaResponse)
    }

    /// An invocation closes its own connections.
    fn close(&mut self) {}
}
