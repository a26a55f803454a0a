//! The API of Confluent's registry, as far as all registries answer alike: "Schema Registry API
//! Reference" of Confluent Platform.

use serde::Deserialize;
use sluice_bridge::model::failure::SinkError;
use sluice_http::Answer;

use crate::schema::{Found, Link, Place, kind};
use crate::servers::Servers;

/// The `error_code` of an unknown schema.
const UNKNOWN_SCHEMA: i64 = 40_403;

/// A schema, of an id, a GUID or a version.
#[derive(Deserialize)]
struct SchemaBody {
    schema: String,
    #[serde(rename = "schemaType")]
    kind: Option<String>,
    references: Option<Vec<ReferenceBody>>,
}

#[derive(Deserialize)]
struct ReferenceBody {
    name: String,
    subject: String,
    version: i64,
}

#[derive(Deserialize)]
struct ErrorBody {
    error_code: i64,
}

/// Asks for a schema by the segments of its path; `None` if the registry does not have it.
///
/// # Errors
/// There is no answer, or none of a registry.
pub(crate) async fn schema(
    servers: &Servers,
    segments: &[&str],
    what: &str,
) -> Result<Option<Found>, SinkError> {
    let answer = servers.get(|base| Some(base.confluent(segments)), what).await?;
    if answer.is_success() {
        return read(&answer, what).map(Some);
    }
    match serde_json::from_slice(&answer.body) {
        Ok(ErrorBody { error_code: UNKNOWN_SCHEMA }) => Ok(None),
        _ => Err(answer.refusal(format!(
            "the schema registry has no address for {what}: see whether schema.registry.url is right, with its path"
        ))),
    }
}

/// Asks for a version of a subject, to which a schema refers.
///
/// # Errors
/// There is no answer, or none of a registry, or no such version.
pub(crate) async fn version(
    servers: &Servers,
    subject: &str,
    version: i64,
    what: &str,
) -> Result<Found, SinkError> {
    let version = version.to_string();
    let segments = ["subjects", subject, "versions", &version];
    let answer = servers.get(|base| Some(base.confluent(&segments)), what).await?;
    match answer.is_success() {
        true => read(&answer, what),
        false => Err(answer.refusal(format!(
            "the schema registry does not have {what}, to which another schema refers"
        ))),
    }
}

fn read(answer: &Answer, what: &str) -> Result<Found, SinkError> {
    let body: SchemaBody = serde_json::from_slice(&answer.body).map_err(|_| {
        SinkError::fatal(format!("the answer of the schema registry about {what} is not a schema"))
    })?;
    let link = |it: ReferenceBody| Link {
        name: it.name,
        place: Place::Subject { subject: it.subject, version: it.version },
    };
    let links = body.references.unwrap_or_default().into_iter().map(link).collect();
    Ok(Found { kind: kind(body.kind.as_deref(), what)?, text: body.schema, links })
}
