//! The process of a source: its start, and the loop over the invocations of a schedule.

use std::io::stdout;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::de::IgnoredAny;
use sluice_source::source::Source;
use tokio::time::{Instant, timeout};

use crate::config::configuration;
use crate::lambda::deadline::Deadline;
use crate::lambda::start_error;
use crate::log::format::LogFormat;
use crate::platform::Platform;
use crate::process::function::{Function, Help};
use crate::process::{options, start};
use crate::source::invoke::{Invoker, is_for_good};
use crate::source::settings::{build, source_options};

/// The help of a source.
const HELP: Help = Help {
    what: "writes the rows of tables into Kafka topics",
    reads: "Each invocation polls all its tables until nothing is new or its time is nearly up, and writes one log line.\n\
            What it is invoked with is not read. Lambda starts it, and so does `sluice` on any machine:",
    runs: &["sluice invoke --function {program} --event FILE"],
    example: "connection.url is SLUICE_CONNECTION_URL",
};

const NOT_THERE: &str = "a source runs on Lambda, and not on Function Compute";

/// How long the start waits for secrets, as for a sink.
const START: Duration = Duration::from_secs(2);

/// Runs the function of a source until Lambda ends it. Returns only after an error of the start or of
/// the Runtime API, which it has reported.
#[must_use]
pub fn run_source<S: Source + 'static>() -> ExitCode {
    let function = Function {
        name: options::connector::<S>(),
        help: HELP,
        options: source_options::<S>,
        required: || configuration::missing(&source_options::<S>(), |it| drop(build::<S>(it))),
        check: |environment| {
            configuration::problems(environment, &source_options::<S>(), |it| drop(build::<S>(it)))
        },
    };
    start::run(&function, serve::<S>)
}

async fn serve<S: Source + 'static>(
    platform: Option<Platform>,
    environment: Vec<(String, String)>,
    format: LogFormat,
) -> Result<(), Error> {
    if platform == Some(Platform::FunctionCompute) {
        return Err(NOT_THERE.into());
    }
    let invoker = Rc::new(Invoker::new(environment, format));
    // Secrets that cannot be read before the first invocation are read then.
    let checked = timeout(START, invoker.parts::<S>(Instant::now(), false)).await;
    if let Ok(Err(failed)) = checked
        && is_for_good(&failed)
    {
        start_error::report(&failed).await?;
        return Err(failed.message.into());
    }
    let service = service_fn(move |event: LambdaEvent<IgnoredAny>| {
        let invoker = Rc::clone(&invoker);
        async move {
            let context = event.context;
            let deadline = Deadline::from_epoch_millis(context.deadline);
            let function = context.env_config.function_name.as_str();
            invoker.invoke::<S>(&context.request_id, function, deadline, &mut stdout()).await
        }
        // The compiler does not accept the type that contains all futures of an invocation.
        .boxed_local()
    });
    lambda_runtime::run(service).await
}
