//! From the start of the process to the loop over invocations.

use std::ffi::OsString;
use std::io::stdout;
use std::panic;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use http_body_util::BodyExt;
use lambda_runtime::{Context, Error, LambdaEvent, Runtime, service_fn};
use lambda_runtime_api_client::{Client, body::Body as RequestBody, build_request};
use sluice_bridge::sink::Connector;
use sluice_kafka::KafkaProducer;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout, timeout_at};

use crate::answer::{Answer, Failed, Kind};
use crate::body::Body;
use crate::check;
use crate::configuration::Configuration;
use crate::deadline::Deadline;
use crate::extension::Effort;
use crate::handler::Handler;
use crate::log::{Line, Log};
use crate::logger;
use crate::memory;
use crate::style::{Level, Style};

/// Lambda sets it for the process; so does `sluice trigger`.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// An endpoint for secrets that has not answered by then is asked again at the first invocation:
/// initialisation has ten seconds ("Lambda execution environment lifecycle").
const START: Duration = Duration::from_secs(2);

/// Runs a sink's function until Lambda ends it. Returns only when something is wrong with the
/// start or the Runtime API, having said what.
#[must_use]
pub fn run_sink<S: Connector + 'static>() -> ExitCode {
    if std::env::var_os(RUNTIME_API).is_none_or(|address| address.is_empty()) {
        if std::env::args().any(|argument| argument == "--version") {
            println!("{}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        eprintln!(
            "this is a Lambda function: {RUNTIME_API} is not set.\n\
             To run it here, use `sluice trigger --function {0}` or `sluice invoke --function {0}`.",
            std::env::args().next().unwrap_or_default()
        );
        return ExitCode::from(2);
    }
    let style = Style::from_variables(|name| std::env::var(name).ok());
    logger::install(style);
    // A panic's own message may quote what it choked on; its place is enough to find it.
    panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map_or(String::new(), |place| format!(" at {place}"));
        logger::say(style, Level::Error, &format!("panicked{place}"));
    }));
    memory::keep();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served =
        runtime.map_err(Error::from).and_then(|runtime| runtime.block_on(serve::<S>(style)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            logger::say(style, Level::Error, &error.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn serve<S: Connector + 'static>(style: Style) -> Result<(), Error> {
    let mut function = Function::<S>::new(environment(), style);
    if let Err(failed) = function.start().await {
        report(&failed).await?;
        return Err(failed.message.into());
    }
    let function = Rc::new(Mutex::new(function));
    let body = Body::default();
    let bodies = body.clone();
    let service = service_fn(move |invocation: LambdaEvent<()>| {
        let function = Rc::clone(&function);
        let body = bodies.take();
        async move {
            let answer = function.lock().await.invoke(&body, &invocation.context).await;
            answer.map(|answer| answer.0)
        }
    });
    Runtime::new(service).layer(body).run().await
}

/// The environment as text. What is none comes out with replacement characters, so that an
/// option of ours is refused rather than overlooked.
fn environment() -> Vec<(String, String)> {
    let text = |text: OsString| text.to_string_lossy().into_owned();
    std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect()
}

/// A handler, once its configuration could be read.
struct Function<S> {
    configuration: Rc<Configuration>,
    style: Style,
    handler: Option<Handler<S, KafkaProducer>>,
}

impl<S: Connector + 'static> Function<S> {
    fn new(environment: Vec<(String, String)>, style: Style) -> Self {
        Self { configuration: Rc::new(Configuration::new(environment)), style, handler: None }
    }

    /// Reads the configuration, without its secrets if those cannot be had before the first
    /// invocation.
    ///
    /// # Errors
    /// What time does not mend.
    async fn start(&mut self) -> Result<(), Failed> {
        let effort = Effort { until: Instant::now(), fresh: false };
        match timeout(START, self.ready(effort)).await {
            Ok(Err(failed)) if failed.kind == Kind::Configuration.name() => Err(failed),
            _ => Ok(()),
        }
    }

    async fn ready(&mut self, effort: Effort) -> Result<&mut Handler<S, KafkaProducer>, Failed> {
        let handler = match self.handler.take() {
            Some(handler) => handler,
            None => {
                let parts = self.configuration.start(effort).await?;
                Handler::new(parts.policy, parts.sink, parts.connect)
                    .renewing(Rc::clone(&self.configuration).renewal())
            }
        };
        Ok(self.handler.insert(handler))
    }

    async fn invoke(&mut self, body: &[u8], context: &Context) -> Result<Answer, Failed> {
        let deadline = Deadline::from_epoch_millis(context.deadline);
        let effort = Effort { until: deadline.write(), fresh: false };
        let mut out = stdout();
        let log = Log::of(&mut out, self.style, &context.request_id);
        let late = || Failed::new(Kind::Secret, "the configuration's secrets were not had in time");
        let ready = timeout_at(deadline.answer(), self.ready(effort)).await;
        match ready.unwrap_or_else(|_| Err(late())) {
            Ok(handler) => match check::asked(body) {
                Some(event) => handler.check(event, deadline).await,
                None => handler.handle(body, deadline, log).await,
            },
            Err(failed) => {
                let connector = context.env_config.function_name.clone();
                Line::unready(connector, body.len(), &failed).write(log);
                Err(failed)
            }
        }
    }
}

/// Tells Lambda that there is nothing to invoke ("Initialization error" of the Runtime API).
async fn report(failed: &Failed) -> Result<(), Error> {
    let body = serde_json::json!({ "errorType": failed.kind, "errorMessage": failed.message });
    let request = build_request()
        .method("POST")
        .uri("/2018-06-01/runtime/init/error")
        .header("lambda-runtime-function-error-type", failed.kind)
        .body(RequestBody::from(body.to_string()))?;
    let answer = Client::builder().build()?.call(request).await?;
    answer.into_body().collect().await?;
    Ok(())
}
