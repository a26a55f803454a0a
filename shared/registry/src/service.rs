//! One question of the bridge: many ids, each of them and all references asked for once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{Answer, SchemaText};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::values::binary::write_uuid;
use tokio::time::sleep;

use crate::glue::Glue;
use crate::references::ordered;
use crate::schema::{Found, Place};
use crate::servers::Servers;
use crate::{apicurio, confluent};

/// How many requests are on their way at once.
const AT_ONCE: usize = 8;
/// How long a server may need to know what another one has just stored.
const LAG: Duration = Duration::from_millis(200);
/// The most schemas to which others may refer.
const MOST_REFERENCES: usize = 1_000;

/// Whom to ask.
pub(crate) enum Service {
    Confluent(Servers),
    Glue(Glue),
}

impl Service {
    /// Asks for schemas and their references, and returns an answer for each id.
    ///
    /// # Errors
    /// There is no answer about one of them. No record is at fault.
    pub(crate) async fn ask(&self, ids: &[SchemaId]) -> Result<Vec<(SchemaId, Answer)>, SinkError> {
        let found = stream::iter(ids).map(|id| self.find_twice(*id)).buffered(AT_ONCE);
        let found: Vec<(SchemaId, Option<Found>)> = found.try_collect().await?;
        let known = self.references(found.iter().filter_map(|(_, found)| found.as_ref())).await?;
        let answer = |(id, found): (SchemaId, Option<Found>)| {
            let Some(found) = found else { return Ok((id, Answer::Unknown)) };
            let references = ordered(&found, &known).map_err(|why| {
                SinkError::fatal(format!("{id} of the registry cannot be used: {why}"))
            })?;
            Ok((id, Answer::Schema(SchemaText { kind: found.kind, text: found.text, references })))
        };
        found.into_iter().map(answer).collect()
    }

    /// Whether the other one asks the same servers, which have the same schemas.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Confluent(one), Self::Confluent(other)) => one.bases == other.bases,
            (Self::Glue(one), Self::Glue(other)) => one.endpoint == other.endpoint,
            _ => false,
        }
    }

    /// Asks for a schema, and once more if it is not there.
    async fn find_twice(&self, id: SchemaId) -> Result<(SchemaId, Option<Found>), SinkError> {
        let mut found = self.find(id).await?;
        if found.is_none() && self.has(id) {
            sleep(LAG).await;
            if let Self::Confluent(servers) = self {
                servers.turn();
            }
            found = self.find(id).await?;
        }
        Ok((id, found))
    }

    /// Whether it has ids of this kind at all.
    fn has(&self, id: SchemaId) -> bool {
        matches!(self, Self::Glue(_)) == matches!(id, SchemaId::Glue(_))
    }

    async fn find(&self, id: SchemaId) -> Result<Option<Found>, SinkError> {
        let what = id.to_string();
        match (self, id) {
            (Self::Glue(glue), SchemaId::Glue(version)) => {
                glue.version(&uuid(version), &what).await
            }
            (Self::Confluent(servers), SchemaId::Number(id)) => {
                confluent::schema(servers, &["schemas", "ids", &id.to_string()], &what).await
            }
            // Apicurio has its content ids in the API that is Confluent's.
            (Self::Confluent(servers), SchemaId::Content(id)) => {
                confluent::schema(servers, &["schemas", "ids", &id.to_string()], &what).await
            }
            (Self::Confluent(servers), SchemaId::Guid(guid)) => {
                confluent::schema(servers, &["schemas", "guids", &uuid(guid)], &what).await
            }
            (Self::Confluent(servers), SchemaId::Global(id)) => {
                apicurio::by_global_id(servers, id, &what).await
            }
            // An id of another kind of registry: this one does not have it.
            (Self::Confluent(_), SchemaId::Glue(_)) | (Self::Glue(_), _) => Ok(None),
        }
    }

    /// Asks for the schemas to which others refer, level by level, each once.
    async fn references<'f>(
        &self,
        found: impl Iterator<Item = &'f Found>,
    ) -> Result<BTreeMap<Place, Found>, SinkError> {
        let places =
            |found: &Found| found.links.iter().map(|link| link.place.clone()).collect::<Vec<_>>();
        let mut known = BTreeMap::new();
        let mut wanted: BTreeSet<Place> = found.flat_map(places).collect();
        while !wanted.is_empty() {
            if known.len() + wanted.len() > MOST_REFERENCES {
                let message = format!("the schemas refer to more than {MOST_REFERENCES} others");
                return Err(SinkError::fatal(message));
            }
            let asked = stream::iter(wanted).map(|place| self.refer(place)).buffered(AT_ONCE);
            let asked: Vec<(Place, Found)> = asked.try_collect().await?;
            wanted = asked.iter().flat_map(|(_, found)| places(found)).collect();
            known.extend(asked);
            wanted.retain(|place| !known.contains_key(place));
        }
        Ok(known)
    }

    async fn refer(&self, place: Place) -> Result<(Place, Found), SinkError> {
        let what = place.shown();
        let found = match (self, &place) {
            (Self::Confluent(servers), Place::Subject { subject, version }) => {
                confluent::version(servers, subject, *version, &what).await?
            }
            (Self::Confluent(servers), Place::Artifact { group, artifact, version }) => {
                let place = (group.as_deref(), artifact.as_str(), version.as_str());
                apicurio::artifact(servers, place, &what).await?
            }
            (Self::Glue(_), _) => {
                return Err(SinkError::fatal(format!("AWS Glue does not have {what}")));
            }
        };
        Ok((place, found))
    }
}

fn uuid(bytes: [u8; 16]) -> String {
    let mut text = Vec::new();
    write_uuid(bytes, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
