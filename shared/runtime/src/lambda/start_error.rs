//! Reports a failed start to Lambda, before the vendor's loop starts.

use http_body_util::BodyExt;
use lambda_runtime::{Diagnostic, Error};
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{PooledClient, build_request};

use crate::lambda::response::Failed;

/// Reports why the function cannot be invoked ("Initialization error" in "Using the Lambda runtime
/// API for custom runtimes", version 2018-06-01).
///
/// # Errors
/// The Runtime API cannot be reached.
pub(crate) async fn report(failed: &Failed) -> Result<(), Error> {
    let diagnostic = serde_json::to_string(&Diagnostic::from(failed.clone()))?;
    let request = build_request()
        .method("POST")
        .uri("/2018-06-01/runtime/init/error")
        .header("lambda-runtime-function-error-type", failed.kind.name())
        .body(Body::from(diagnostic))?;
    let answer = PooledClient::builder().build().call(request).await?;
    answer.into_body().collect().await?;
    Ok(())
}

impl From<Failed> for Diagnostic {
    fn from(failed: Failed) -> Self {
        Self { error_type: failed.kind.name().to_owned(), error_message: failed.message }
    }
}
