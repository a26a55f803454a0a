//! The one function process as its platform sees it: it comes up, it is invoked, it answers.

use std::future::pending;
use std::io;

use bytes::Bytes;
use serde_json::Value;
use tokio::process::Command;

use crate::error::{Failure, FailureKind};
use crate::function::config::FunctionConfig;
use crate::function::custom_runtime::CustomRuntime;
use crate::function::platform::Platform;
use crate::function::runtime_api::{FunctionRequest, Invocation, RuntimeApi};

const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// How the process is reached.
#[derive(Debug)]
pub(super) enum Door {
    /// It asks us for work.
    Lambda(RuntimeApi),
    /// We ask it.
    FunctionCompute(CustomRuntime),
}

impl Door {
    pub(super) async fn open(platform: Platform) -> io::Result<Self> {
        Ok(match platform {
            Platform::Lambda => Self::Lambda(RuntimeApi::serve().await?),
            Platform::FunctionCompute { .. } => {
                Self::FunctionCompute(CustomRuntime::reserve().await?)
            }
        })
    }

    /// Sets what the platform sets for every function.
    pub(super) fn prepare(&self, command: &mut Command, config: &FunctionConfig) {
        match self {
            Self::Lambda(api) => command
                .env(RUNTIME_API, api.address())
                .env("AWS_LAMBDA_FUNCTION_NAME", config.name())
                .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
                .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            Self::FunctionCompute(runtime) => command
                .env_remove(RUNTIME_API)
                .env("FC_SERVER_PORT", runtime.port().to_string())
                .env("FC_CUSTOM_LISTEN_PORT", runtime.port().to_string())
                .env("FC_FUNCTION_NAME", config.name())
                .env("FC_FUNCTION_MEMORY_SIZE", "1024"),
        };
    }

    /// Waits until it can be invoked; what it says if it cannot start.
    pub(super) async fn came_up(&mut self) -> Result<(), String> {
        let wrong = match self {
            Self::Lambda(api) => match api.report().await {
                FunctionRequest::InitError(body) => body,
                _ => return Ok(()),
            },
            Self::FunctionCompute(runtime) => match runtime.initialize().await {
                Err(body) => body,
                Ok(()) => return Ok(()),
            },
        };
        Err(describe(&wrong))
    }

    /// Hands it an invocation and waits for the outcome. Of a process that ends nothing comes.
    pub(super) async fn outcome(&mut self, invocation: Invocation) -> Result<Bytes, Failure> {
        let reported = match self {
            Self::Lambda(api) => of_lambda(api, invocation).await,
            Self::FunctionCompute(runtime) => match runtime.invoke(invocation).await {
                Ok(answered) => answered,
                Err(_) => pending().await,
            },
        };
        reported.map_err(|body| Failure { kind: FailureKind::Error, message: describe(&body) })
    }
}

async fn of_lambda(api: &mut RuntimeApi, invocation: Invocation) -> Result<Bytes, Bytes> {
    let id = invocation.id.clone();
    api.offer(invocation).await;
    loop {
        match api.report().await {
            FunctionRequest::Answer(answered, body) if answered == id => return Ok(body),
            FunctionRequest::Error(answered, body) if answered == id => return Err(body),
            // The request for this very invocation, or an echo of an earlier one.
            _ => {}
        }
    }
}

/// `errorType: errorMessage` of an error body, or the body as it is.
fn describe(body: &[u8]) -> String {
    let value = serde_json::from_slice::<Value>(body).unwrap_or_default();
    match (value["errorType"].as_str(), value["errorMessage"].as_str()) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        (_, Some(message)) => message.to_owned(),
        _ => String::from_utf8_lossy(body).into_owned(),
    }
}
