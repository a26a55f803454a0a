//! From the start of the process to the loop over invocations.

use std::ffi::OsString;
use std::io::stdout;
use std::panic;
use std::process::ExitCode;
use std::rc::Rc;

use http_body_util::BodyExt;
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use lambda_runtime_api_client::{Client, body::Body as RequestBody, build_request};
use sluice_bridge::options::Problems;
use sluice_bridge::rules::{NAME, Rules};
use sluice_bridge::sink::Connector;
use sluice_dead_letter::{Sender, Topics};
use sluice_kafka::{Access, KafkaProducer};
use tokio::sync::Mutex;

use crate::body::Body;
use crate::deadline::Deadline;
use crate::handler::Handler;
use crate::policy::Policy;
use crate::settings::{ERRORS_LOG_ENABLE, REPORT_ITEM_FAILURES, connector_options, gather};

/// Lambda sets it for the process; so does `sluice trigger`.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// Runs a sink's function until Lambda ends it. Returns only when something is wrong with the
/// start or the Runtime API, having said what.
#[must_use]
pub fn run_sink<S: Connector>() -> ExitCode {
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
    // A panic's own message may quote what it choked on; its place is enough to find it.
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or(String::new(), |place| format!(" at {place}"));
        eprintln!("panicked{place}");
    }));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = runtime.map_err(Error::from).and_then(|runtime| runtime.block_on(serve::<S>()));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve<S: Connector>() -> Result<(), Error> {
    let environment = environment();
    let handler = match configure::<S>(&environment) {
        Ok(handler) => Rc::new(Mutex::new(handler)),
        Err(problems) => {
            report(&problems).await?;
            return Err(problems.into());
        }
    };
    let body = Body::default();
    let bodies = body.clone();
    let service = service_fn(move |invocation: LambdaEvent<()>| {
        let handler = Rc::clone(&handler);
        let body = bodies.take();
        async move {
            let deadline = Deadline::from_epoch_millis(invocation.context.deadline);
            let answer = handler.lock().await.handle(&body, deadline, &mut stdout()).await;
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

/// The one check of the whole configuration.
fn configure<S: Connector>(
    environment: &[(String, String)],
) -> Result<Handler<S, KafkaProducer>, Problems> {
    let mut settings = gather(&connector_options::<S>(), environment);
    let rules = Rules::from_settings(&mut settings);
    let policy = Policy {
        topics: Topics::from_settings(&mut settings, rules.tolerant),
        sender: Sender {
            connector: settings.text(&NAME).unwrap_or("sluice").to_owned(),
            include_messages: rules.include_messages,
        },
        report_item_failures: settings.flag(&REPORT_ITEM_FAILURES),
        log_failures: settings.flag(&ERRORS_LOG_ENABLE),
        rules,
    };
    let access = Access::from_settings(&mut settings);
    let sink = S::configure(&mut settings);
    settings.check()?;
    let Some(sink) = sink else {
        return Err(Problems(vec!["the connector could not be set up".to_owned()]));
    };
    let connect = move |servers: &str| KafkaProducer::new(access.clone().or_servers(servers));
    Ok(Handler::new(policy, sink, connect))
}

/// Tells Lambda that there is nothing to invoke ("Initialization error" of the Runtime API).
async fn report(problems: &Problems) -> Result<(), Error> {
    let body = serde_json::json!({
        "errorType": "Sluice.Configuration",
        "errorMessage": problems.to_string(),
    });
    let request = build_request()
        .method("POST")
        .uri("/2018-06-01/runtime/init/error")
        .header("lambda-runtime-function-error-type", "Sluice.Configuration")
        .body(RequestBody::from(body.to_string()))?;
    let answer = Client::builder().build()?.call(request).await?;
    answer.into_body().collect().await?;
    Ok(())
}
