//! Apicurio's own API, version 2 or 3, which alone knows global ids: "Apicurio Registry REST API".

mod language;

use futures_util::future::try_join;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sluice_bridge::format::registry::SchemaKind;
use sluice_bridge::model::failure::SinkError;
use sluice_http::Answer;

use self::language::language;
use crate::client::base::Base;
use crate::client::schema::{Found, Link, Place, kind};
use crate::client::servers::Servers;

/// The group of artifacts that have none.
const DEFAULT_GROUP: &str = "default";

#[derive(Deserialize)]
struct ErrorBody {
    error_code: i64,
    name: Option<String>,
}

/// The artifacts (2) or versions (3) that a search finds.
#[derive(Deserialize)]
struct FoundBody {
    #[serde(alias = "versions")]
    artifacts: Vec<TypeBody>,
}

#[derive(Deserialize)]
struct TypeBody {
    #[serde(rename = "type", alias = "artifactType")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReferenceBody {
    name: String,
    group_id: Option<String>,
    artifact_id: String,
    version: Option<String>,
}

/// Whether the registry is Apicurio.
pub(crate) fn is_there(servers: &Servers) -> bool {
    servers.bases.iter().any(|base| base.apicurio(&[]).is_some())
}

/// Asks for the schema of a global id; `None` if the registry does not have it. The server `first` is
/// asked first, if there is one.
///
/// # Errors
/// There is no answer, or none of Apicurio.
pub(crate) async fn by_global_id(
    servers: &Servers,
    first: Option<usize>,
    id: u64,
    what: &str,
) -> Result<Option<Found>, SinkError> {
    let id = id.to_string();
    let asked = try_join(
        get(servers, first, &["ids", "globalIds", &id], what),
        links(servers, first, &["ids", "globalIds", &id, "references"], what),
    )
    .await?;
    let (Some(answer), Some(links)) = asked else { return Ok(None) };
    let text = text(&answer, what)?;
    let kind = match language(answer.header("content-type").unwrap_or_default(), &text) {
        Some(kind) => Ok(kind),
        None => searched(servers, first, &id, what).await?,
    };
    Ok(Some(Found { kind, text, links }))
}

/// Asks for an artifact to which a schema refers.
///
/// # Errors
/// There is no answer, or none of Apicurio, or no such artifact.
pub(crate) async fn artifact(
    servers: &Servers,
    (group, artifact, version): (Option<&str>, &str, &str),
    what: &str,
) -> Result<Found, SinkError> {
    let group = group.unwrap_or(DEFAULT_GROUP);
    let version = ["groups", group, "artifacts", artifact, "versions", version];
    let content = if is_third(servers) { &["content"][..] } else { &[] };
    let (content, references) =
        ([&version[..], content].concat(), [&version[..], &["references"]].concat());
    let asked =
        try_join(get(servers, None, &content, what), links(servers, None, &references, what));
    match asked.await? {
        (Some(answer), Some(links)) => {
            // The language is that of the schema that refers to it.
            Ok(Found { kind: Ok(SchemaKind::Avro), text: text(&answer, what)?, links })
        }
        _ => Err(SinkError::fatal(format!(
            "the schema registry does not have {what}, to which another schema refers"
        ))),
    }
}

/// Searches for the language of a global id.
///
/// # Errors
/// As above; `Fatal` if the search finds nothing.
async fn searched(
    servers: &Servers,
    first: Option<usize>,
    id: &str,
    what: &str,
) -> Result<Result<SchemaKind, String>, SinkError> {
    let kind_of = if is_third(servers) { "versions" } else { "artifacts" };
    let address = |base: &Base| {
        let mut url = base.apicurio(&["search", kind_of])?;
        url.query_pairs_mut().append_pair("globalId", id);
        Some(url)
    };
    let answer = servers.get(first, address, what).await?;
    let found: FoundBody = body(&answer, what)?;
    match found.artifacts.first() {
        Some(found) => Ok(kind(Some(&found.kind))),
        None => Err(SinkError::fatal(format!(
            "{what} may be Avro or JSON Schema: its registry does not say"
        ))),
    }
}

async fn links(
    servers: &Servers,
    first: Option<usize>,
    segments: &[&str],
    what: &str,
) -> Result<Option<Vec<Link>>, SinkError> {
    let Some(answer) = get(servers, first, segments, what).await? else { return Ok(None) };
    let links: Vec<ReferenceBody> = body(&answer, what)?;
    let link = |it: ReferenceBody| Link {
        name: it.name,
        place: Place::Artifact {
            group: it.group_id,
            artifact: it.artifact_id,
            version: it.version.unwrap_or_else(|| "latest".to_owned()),
        },
    };
    Ok(Some(links.into_iter().map(link).collect()))
}

/// A successful answer; `None` if what was asked for is not there.
async fn get(
    servers: &Servers,
    first: Option<usize>,
    segments: &[&str],
    what: &str,
) -> Result<Option<Answer>, SinkError> {
    let answer = servers.get(first, |base| base.apicurio(segments), what).await?;
    if answer.is_success() {
        return Ok(Some(answer));
    }
    // An address that does not exist is "NotFoundException", or has no body.
    let is_missing =
        |name: &str| name.ends_with("NotFoundException") && name != "NotFoundException";
    match serde_json::from_slice(&answer.body) {
        Ok(ErrorBody { error_code: 404, name: Some(name) }) if is_missing(&name) => Ok(None),
        _ => Err(answer.refusal(format!(
            "the schema registry has no address for {what}: see whether schema.registry.url is that of Apicurio"
        ))),
    }
}

fn is_third(servers: &Servers) -> bool {
    servers.bases.first().is_some_and(Base::is_third)
}

fn text(answer: &Answer, what: &str) -> Result<String, SinkError> {
    String::from_utf8(answer.body.to_vec()).map_err(|_| not_apicurio(what))
}

fn body<T: DeserializeOwned>(answer: &Answer, what: &str) -> Result<T, SinkError> {
    serde_json::from_slice(&answer.body).map_err(|_| not_apicurio(what))
}

fn not_apicurio(what: &str) -> SinkError {
    SinkError::fatal(format!(
        "the answer of the schema registry about {what} is not one of Apicurio"
    ))
}
