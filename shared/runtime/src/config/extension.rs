//! Reads secrets and parameters from the local endpoint of the AWS Parameters and Secrets Lambda
//! Extension.
//!
//! Paths, header and answers: "Use AWS Secrets Manager secrets in AWS Lambda functions" in the
//! Secrets Manager User Guide, "Using Parameter Store parameters in AWS Lambda functions" in the
//! Systems Manager User Guide. According to the latter, the endpoint can be called only in the
//! INVOKE phase: before that it answers 400, "not ready to serve traffic, please wait".

use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use lambda_runtime_api_client::{Client, body::Body};
use serde::Deserialize;
use tokio::time::{Instant, sleep, timeout};

use crate::config::secret::{SecretRef, SecretValues};
use crate::lambda::response::{Failed, Kind};

const PORT: &str = "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT";
const DEFAULT_PORT: &str = "2773";
const TOKEN: &str = "AWS_SESSION_TOKEN";
const TOKEN_HEADER: &str = "X-Aws-Parameters-Secrets-Token";

/// How long to retry an endpoint that does not answer: without the layer it never answers.
const PATIENCE: Duration = Duration::from_secs(10);
/// The timeout of one request; the extension may itself retry requests to AWS.
const REQUEST: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// The largest answer, in bytes: a secret has at most 64 KiB ("Secrets Manager quotas"), which JSON
/// can more than double.
const LONGEST_ANSWER: usize = 1 << 20;

/// How long to try, and whether to use cached values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadPatience {
    /// Until when an endpoint that does not answer, is not ready or is overloaded is tried again.
    pub(crate) until: Instant,
    /// Whether to ignore values that the extension has cached.
    pub(crate) fresh: bool,
}

/// Why a secret could not be read. The text names the secret and never contains a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecretError {
    pub(crate) message: String,
    /// Whether a retry may help.
    pub(crate) passing: bool,
}

impl From<SecretError> for Failed {
    fn from(error: SecretError) -> Self {
        Self::new(Kind::Secret, error.message)
    }
}

/// The endpoint.
pub(crate) struct Extension {
    client: Client,
    address: String,
    token: Option<String>,
}

/// The members of its answer that are used: those of `GetSecretValue`, or of `GetParameter`.
#[derive(Deserialize)]
struct SecretResponse {
    #[serde(rename = "SecretString")]
    secret: Option<String>,
    #[serde(rename = "Parameter")]
    parameter: Option<Parameter>,
}

#[derive(Deserialize)]
struct Parameter {
    #[serde(rename = "Value")]
    value: String,
}

impl Extension {
    /// Finds the endpoint by the environment variables.
    ///
    /// # Errors
    /// The port is not valid.
    pub(crate) fn from_variables(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SecretError> {
        let port = variable(PORT).unwrap_or_else(|| DEFAULT_PORT.to_owned());
        let lasting = |message| SecretError { message, passing: false };
        let port: u16 = port.parse().map_err(|_| lasting(format!("{PORT} is not a port")))?;
        let address = format!("http://localhost:{port}");
        let uri = address.parse().map_err(|_| lasting(format!("{PORT} is not a port")))?;
        let client = Client::builder().with_endpoint(uri).build();
        let client = client.map_err(|error| lasting(error.to_string()))?;
        Ok(Self { client, address, token: variable(TOKEN) })
    }

    /// Reads all secrets, each once.
    ///
    /// # Errors
    /// The error of the first secret that cannot be read.
    pub(crate) async fn read(
        &self,
        secrets: &[SecretRef],
        patience: ReadPatience,
    ) -> Result<SecretValues, SecretError> {
        let mut values = SecretValues::default();
        let patience =
            ReadPatience { until: patience.until.min(Instant::now() + PATIENCE), ..patience };
        for secret in secrets {
            if values.get(secret).is_none() {
                let text = self.read_with_retries(secret, patience).await?;
                values.insert(secret.clone(), text);
            }
        }
        Ok(values)
    }

    async fn read_with_retries(
        &self,
        secret: &SecretRef,
        patience: ReadPatience,
    ) -> Result<String, SecretError> {
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match self.read_one(secret, patience.fresh).await {
                Ok(text) => return Ok(text),
                Err(error) => error,
            };
            if !error.passing || Instant::now() + pause >= patience.until {
                return Err(error);
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Reads one secret, without the extension's cache if that is wanted. An extension that does
    /// not support this is asked in the usual way.
    async fn read_one(&self, secret: &SecretRef, fresh: bool) -> Result<String, SecretError> {
        let path = path(secret);
        if fresh && let SecretRef::Secret { .. } = secret {
            let (status, body) = self.get(&format!("{path}&refreshNow=true"), secret).await?;
            if status != 400 || is_not_ready(&body) {
                return read_answer(status, &body, secret);
            }
        }
        let (status, body) = self.get(&path, secret).await?;
        read_answer(status, &body, secret)
    }

    async fn get(&self, path: &str, secret: &SecretRef) -> Result<(u16, Vec<u8>), SecretError> {
        let Some(token) = &self.token else {
            let message = format!("{secret} cannot be read: {TOKEN} is not set");
            return Err(SecretError { message, passing: false });
        };
        let unreachable = |why: String| SecretError {
            message: format!(
                "{secret} cannot be read: {why}; the function needs the layer AWS-Parameters-and-Secrets-Lambda-Extension"
            ),
            passing: true,
        };
        let request = lambda_runtime_api_client::build_request()
            .uri(path)
            .header(TOKEN_HEADER, token)
            .body(Body::empty())
            // The token or the path is not valid; neither may be printed.
            .map_err(|_| unreachable("the request cannot be built".to_owned()))?;
        let answered = timeout(REQUEST, async {
            let answer = self.client.call(request).await.ok()?;
            let status = answer.status().as_u16();
            let body = Limited::new(answer.into_body(), LONGEST_ANSWER).collect().await.ok()?;
            Some((status, body.to_bytes().to_vec()))
        });
        match answered.await {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(unreachable(format!("there is no answer from {}", self.address))),
            Err(_) => Err(unreachable(format!("{} does not answer in time", self.address))),
        }
    }
}

fn path(secret: &SecretRef) -> String {
    match secret {
        SecretRef::Secret { id, stage } => {
            let stage = stage.as_deref().map(|stage| format!("&versionStage={}", encode(stage)));
            format!("/secretsmanager/get?secretId={}{}", encode(id), stage.unwrap_or_default())
        }
        SecretRef::Parameter(name) => {
            format!("/systemsmanager/parameters/get?name={}&withDecryption=true", encode(name))
        }
    }
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
fn encode(text: &str) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    });
    encoded.collect()
}

fn is_not_ready(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains("not ready to serve traffic")
}

/// Reads an answer. The status of AWS's errors depends on the extension's version, but the body
/// always contains their names. Nothing else of a body is printed.
fn read_answer(status: u16, body: &[u8], secret: &SecretRef) -> Result<String, SecretError> {
    if status == 200 {
        return text_of(body, secret)
            .map_err(|why| SecretError { message: format!("{secret} {why}"), passing: false });
    }
    let text = String::from_utf8_lossy(body);
    let right = match secret {
        SecretRef::Secret { .. } => "secretsmanager:GetSecretValue",
        SecretRef::Parameter(_) => "ssm:GetParameter",
    };
    let (why, passing) = if is_not_ready(body) {
        ("the extension is not ready yet".to_owned(), true)
    } else if text.contains("NotFound") || status == 404 {
        ("it does not exist in this account and region".to_owned(), false)
    } else if text.contains("AccessDenied") || status == 403 {
        let why = format!(
            "access is denied (AccessDeniedException); allow the function's role {right}, and kms:Decrypt for a key of your own"
        );
        (why, false)
    } else {
        let overloaded = status >= 500 || status == 429 || text.contains("Throttling");
        (format!("the extension answers {status}"), overloaded)
    };
    Err(SecretError { message: format!("{secret} cannot be read: {why}"), passing })
}

fn text_of(body: &[u8], secret: &SecretRef) -> Result<String, &'static str> {
    let answer: SecretResponse =
        serde_json::from_slice(body).map_err(|_| "has an unknown format")?;
    match secret {
        SecretRef::Secret { .. } => answer.secret.ok_or("is binary, not text"),
        SecretRef::Parameter(_) => {
            answer.parameter.map(|parameter| parameter.value).ok_or("has an unknown format")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> SecretRef {
        SecretRef::Secret { id: "arn:aws:x:secret:a/b-1".into(), stage: Some("AWSPREVIOUS".into()) }
    }

    #[test]
    fn ids_are_encoded() {
        let expected = "/secretsmanager/get?secretId=arn%3Aaws%3Ax%3Asecret%3Aa%2Fb-1&versionStage=AWSPREVIOUS";
        assert_eq!(path(&secret()), expected);
        let expected = "/systemsmanager/parameters/get?name=%2Fdb%2Fp%C3%A4ss&withDecryption=true";
        assert_eq!(path(&SecretRef::Parameter("/db/päss".into())), expected);
    }

    #[test]
    fn errors_are_named_and_bodies_are_not_told() {
        for (status, body, why, passing) in [
            (400, "not ready to serve traffic, please wait", "not ready", true),
            (400, "AccessDeniedException: hunter2", "GetSecretValue", false),
            (403, "hunter2", "access is denied", false),
            (400, "ResourceNotFoundException hunter2", "does not exist", false),
            (500, "hunter2", "answers 500", true),
            (400, "ThrottlingException hunter2", "answers 400", true),
            (401, "hunter2", "answers 401", false),
            (200, r#"{"SecretBinary":"aHVudGVyMg=="}"#, "is binary", false),
            (200, "hunter2", "unknown format", false),
        ] {
            let error = read_answer(status, body.as_bytes(), &secret()).unwrap_err();
            assert!(error.message.contains(why), "{error:?}");
            assert!(error.message.contains("the secret arn:aws:x:secret:a/b-1"), "{error:?}");
            assert!(!error.message.contains("hunter2"), "{error:?}");
            assert_eq!(error.passing, passing, "{error:?}");
        }
    }
}
