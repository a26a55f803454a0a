//! The API of Confluent's registry, as far as all registries answer alike: "Schema Registry API
//! Reference" of Confluent Platform.

use serde::{Deserialize, Serialize};
use sluice_bridge::format::registry::SchemaKind;
use sluice_bridge::model::failure::SinkError;
use sluice_http::Answer;

use crate::client::base::Base;
use crate::client::schema::{Found, Link, Place, kind};
use crate::client::servers::Servers;

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

/// A schema that is registered: the name of its language is left out for Avro, as old registries have
/// no other.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewBody<'n> {
    schema: &'n str,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    references: Vec<ReferenceBody>,
}

#[derive(Serialize, Deserialize)]
struct ReferenceBody {
    name: String,
    subject: String,
    version: i64,
}

/// The id of a schema, in the answer to a version and to a registration.
#[derive(Deserialize)]
struct IdBody {
    id: u32,
}

/// A place of a schema, in the answer to `/schemas/ids/{id}/versions`.
#[derive(Deserialize)]
struct PlaceBody {
    subject: String,
    version: i64,
}

#[derive(Deserialize)]
struct ErrorBody {
    error_code: i64,
    #[serde(default)]
    message: String,
}

/// Asks for a schema by its id; `None` if the registry does not have it. The server `first` is asked
/// first, if there is one.
///
/// # Errors
/// There is no answer, or none of a registry.
pub(crate) async fn by_id(
    servers: &Servers,
    first: Option<usize>,
    id: u64,
    what: &str,
) -> Result<Option<Found>, SinkError> {
    let answer = ask(servers, first, &["schemas", "ids", &id.to_string()], what).await?;
    if answer.is_success() {
        return read(&answer, what).map(Some);
    }
    if is_unknown(&answer) { Ok(None) } else { Err(no_address(&answer, what)) }
}

/// Asks for a schema by its GUID, as [`by_id`]. Older registries do not have that address: then no
/// schema has a GUID, if the one of ids is there.
///
/// # Errors
/// As [`by_id`].
pub(crate) async fn by_guid(
    servers: &Servers,
    first: Option<usize>,
    guid: &str,
    what: &str,
) -> Result<Option<Found>, SinkError> {
    let answer = ask(servers, first, &["schemas", "guids", guid], what).await?;
    if answer.is_success() {
        return read(&answer, what).map(Some);
    }
    if is_unknown(&answer) {
        return Ok(None);
    }
    let of_ids = ask(servers, first, &["schemas", "ids", "0"], what).await?;
    match of_ids.is_success() || is_unknown(&of_ids) {
        true => Ok(None),
        false => Err(no_address(&answer, what)),
    }
}

async fn ask(
    servers: &Servers,
    first: Option<usize>,
    segments: &[&str],
    what: &str,
) -> Result<Answer, SinkError> {
    servers.get(first, |base| Some(base.confluent(segments)), what).await
}

/// Whether a registry says that it does not have a schema.
fn is_unknown(answer: &Answer) -> bool {
    serde_json::from_slice(&answer.body)
        .is_ok_and(|ErrorBody { error_code, .. }| error_code == UNKNOWN_SCHEMA)
}

fn no_address(answer: &Answer, what: &str) -> SinkError {
    answer.refusal(format!(
        "the schema registry has no address for {what}: see whether schema.registry.url is right, with its path"
    ))
}

/// Asks for a version of a subject, to which a schema refers. A version that was deleted softly is
/// still there for those that refer to it.
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
    let address = |base: &Base| {
        let mut url = base.confluent(&segments);
        url.query_pairs_mut().append_pair("deleted", "true");
        Some(url)
    };
    let answer = servers.get(None, address, what).await?;
    match answer.is_success() {
        true => read(&answer, what),
        false => Err(answer.refusal(format!(
            "the schema registry does not have {what}, to which another schema refers"
        ))),
    }
}

/// Asks for the subjects and versions in which a schema is.
///
/// # Errors
/// There is no answer, or none of a registry.
pub(crate) async fn subjects(
    servers: &Servers,
    id: u64,
    what: &str,
) -> Result<Vec<(String, i64)>, SinkError> {
    let answer = ask(servers, None, &["schemas", "ids", &id.to_string(), "versions"], what).await?;
    if !answer.is_success() {
        return Err(explained(&answer, format!("the schema registry does not tell {what}")));
    }
    let places: Vec<PlaceBody> = serde_json::from_slice(&answer.body).map_err(|_| {
        SinkError::fatal(format!("the answer of the schema registry about {what} is not a list"))
    })?;
    Ok(places.into_iter().map(|place| (place.subject, place.version)).collect())
}

/// Asks for a version of a subject, which is a number or `latest`, and its id.
///
/// # Errors
/// There is no answer, or none of a registry, or no such version.
pub(crate) async fn named(
    servers: &Servers,
    subject: &str,
    version: &str,
    what: &str,
) -> Result<(u32, Found), SinkError> {
    let segments = ["subjects", subject, "versions", version];
    let answer = servers.get(None, |base| Some(base.confluent(&segments)), what).await?;
    match answer.is_success() {
        true => Ok((id(&answer, what)?, read(&answer, what)?)),
        false => Err(explained(&answer, format!("the schema registry does not have {what}"))),
    }
}

/// Registers a schema in a subject, and returns its id: that of the same schema, if it is there.
///
/// # Errors
/// There is no answer, or none of a registry, or it refuses the schema.
pub(crate) async fn register(
    servers: &Servers,
    subject: &str,
    kind: SchemaKind,
    schema: &Found,
) -> Result<u32, SinkError> {
    let what = format!("a new version of {subject}");
    let (body, segments) = (new_body(kind, schema)?, ["subjects", subject, "versions"]);
    let answer = servers.post(|base| base.confluent(&segments), &body, &what).await?;
    match answer.is_success() {
        true => id(&answer, &what),
        false => Err(explained(&answer, format!("the schema registry refuses {what}"))),
    }
}

/// Asks for the id of a schema in a subject.
///
/// # Errors
/// There is no answer, or none of a registry, or the subject does not have the schema.
pub(crate) async fn look_up(
    servers: &Servers,
    subject: &str,
    kind: SchemaKind,
    schema: &Found,
) -> Result<u32, SinkError> {
    let what = format!("the schema in {subject}");
    let (body, segments) = (new_body(kind, schema)?, ["subjects", subject]);
    let answer = servers.post(|base| base.confluent(&segments), &body, &what).await?;
    match answer.is_success() {
        true => id(&answer, &what),
        false => Err(explained(&answer, format!("the schema registry does not have {what}"))),
    }
}

fn new_body(kind: SchemaKind, schema: &Found) -> Result<String, SinkError> {
    let reference = |link: &Link| match &link.place {
        Place::Subject { subject, version } => Some(ReferenceBody {
            name: link.name.clone(),
            subject: subject.clone(),
            version: *version,
        }),
        Place::Artifact { .. } => None,
    };
    let body = NewBody {
        schema: &schema.text,
        schema_type: match kind {
            SchemaKind::Avro => None,
            SchemaKind::Protobuf => Some("PROTOBUF"),
            SchemaKind::Json => Some("JSON"),
        },
        references: schema.links.iter().filter_map(reference).collect(),
    };
    serde_json::to_string(&body)
        .map_err(|wrong| SinkError::fatal(format!("the schema cannot be sent: {wrong}")))
}

fn id(answer: &Answer, what: &str) -> Result<u32, SinkError> {
    let body: Result<IdBody, _> = serde_json::from_slice(&answer.body);
    body.map(|body| body.id).map_err(|_| {
        SinkError::fatal(format!("the answer of the schema registry about {what} has no id"))
    })
}

/// The refusal with the registry's own reason, which is about schemas and never about a record.
fn explained(answer: &Answer, message: String) -> SinkError {
    let body: Option<ErrorBody> = serde_json::from_slice(&answer.body).ok();
    match body.map(|body| body.message).filter(|reason| !reason.is_empty()) {
        Some(reason) => answer.refusal(format!("{message}: {reason}")),
        None => answer.refusal(message),
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
    Ok(Found { kind: kind(body.kind.as_deref()), text: body.schema, links })
}
