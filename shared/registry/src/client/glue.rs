//! AWS Glue's schema registry: `GetSchemaVersion` in the "AWS Glue Web API Reference", signed with
//! the credentials of the function's role.

use std::time::SystemTime;

use serde::Deserialize;
use sluice_aws::{Credentials, Post, Signer};
use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_http::{Answer, Request, Url, fault};

use crate::client::lazy::LazyClient;
use crate::client::schema::{Found, kind};

const TARGET: &str = "AWSGlue.GetSchemaVersion";
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
const SERVICE: &str = "glue";
/// The variable with the function's own region.
const REGION: &str = "AWS_REGION";

/// The service in one region.
pub(crate) struct Glue {
    pub(crate) client: LazyClient,
    pub(crate) endpoint: Url,
    /// `None` if it is the function's own.
    pub(crate) region: Option<String>,
    /// Reads a variable of the environment.
    pub(crate) variable: fn(&str) -> Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VersionBody {
    schema_definition: String,
    data_format: String,
    /// `arn:aws:glue:REGION:ACCOUNT:schema/REGISTRY/SCHEMA`
    schema_arn: Option<String>,
    version_number: Option<i64>,
}

#[derive(Deserialize)]
struct ErrorBody {
    #[serde(rename = "__type")]
    name: String,
}

impl Glue {
    /// Asks for a version of a schema by its id; `None` if the service does not have it. Schemas of
    /// Glue do not refer to others.
    ///
    /// # Errors
    /// There is no answer, or none of the service.
    pub(crate) async fn version(&self, id: &str, what: &str) -> Result<Option<Found>, SinkError> {
        let found = |body: VersionBody| Found {
            kind: kind(Some(&body.data_format)),
            text: body.schema_definition,
            links: Vec::new(),
        };
        Ok(self.ask(id, what).await?.map(found))
    }

    /// The schema to which a version belongs, as `REGISTRY/SCHEMA`, and the version's number.
    ///
    /// # Errors
    /// As [`Glue::version`].
    pub(crate) async fn place(
        &self,
        id: &str,
        what: &str,
    ) -> Result<Vec<(String, i64)>, SinkError> {
        let place = |body: VersionBody| {
            let arn = body.schema_arn?;
            Some((arn.split_once(":schema/")?.1.to_owned(), body.version_number?))
        };
        Ok(self.ask(id, what).await?.and_then(place).into_iter().collect())
    }

    async fn ask(&self, id: &str, what: &str) -> Result<Option<VersionBody>, SinkError> {
        let body = format!(r#"{{"SchemaVersionId":"{id}"}}"#);
        let answer = self.client.send(self.signed(&body)?, "AWS Glue").await?;
        if !answer.is_success() {
            return refused(&answer, what).map(|()| None);
        }
        serde_json::from_slice(&answer.body).map(Some).map_err(|_| {
            SinkError::fatal(format!("the answer of AWS Glue about {what} is not a schema"))
        })
    }

    fn signed(&self, body: &str) -> Result<Request, SinkError> {
        let missing = |name: &str| {
            SinkError::fatal(format!("schema.registry.type=glue needs {name}, which is not set"))
        };
        let credentials = Credentials::from_variables(self.variable).map_err(missing)?;
        let region = self.region.clone().or_else(|| (self.variable)(REGION));
        let region = region.ok_or_else(|| missing(REGION))?;
        let host = self.endpoint.host_str().unwrap_or_default();
        let host = match self.endpoint.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let signer = Signer { credentials, region: &region, service: SERVICE };
        let post = Post { host: &host, target: TARGET, content_type: CONTENT_TYPE, body };
        let request = Request::post(self.endpoint.clone(), CONTENT_TYPE, body.to_owned());
        let headers = signer.headers(post, SystemTime::now());
        Ok(headers.into_iter().fold(request, |request, (name, value)| request.header(name, value)))
    }
}

/// Reads an answer that is an error; its name may follow the name of the service and a `#`. `Ok` if the
/// service does not have the version.
fn refused(answer: &Answer, what: &str) -> Result<(), SinkError> {
    let body = serde_json::from_slice(&answer.body).ok();
    let name = body.map_or(String::new(), |ErrorBody { name }| name);
    let name = name.rsplit('#').next().unwrap_or_default();
    let (fault, why) = match name {
        "EntityNotFoundException" => return Ok(()),
        "AccessDeniedException" => {
            (Fault::Unauthorized, "; allow the function's role glue:GetSchemaVersion")
        }
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "ExpiredTokenException"
        | "MissingAuthenticationTokenException" => (Fault::Unauthorized, ""),
        "ThrottlingException" | "InternalServiceException" => (Fault::Transient, ""),
        _ => (fault(answer.status), ""),
    };
    let mut error = answer.refusal(format!("AWS Glue refuses to answer about {what}{why}"));
    error.fault = fault;
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        error.cause.code = Some(name.into());
    }
    Err(error)
}

#[cfg(test)]
mod tests;
