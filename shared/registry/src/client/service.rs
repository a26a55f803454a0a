//! One question of the bridge: many ids, each of them and all references asked for once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{Answer, SchemaText};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::values::binary::write_uuid;
use tokio::time::sleep;

use crate::client::glue::Glue;
use crate::client::references::ordered;
use crate::client::schema::{Found, Place};
use crate::client::servers::Servers;
use crate::client::{apicurio, confluent};

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
        let found = self.find_all(ids).await?;
        // Those of a schema that cannot be used are not needed.
        let usable =
            found.iter().filter_map(|(_, found)| found.as_ref().filter(|it| it.kind.is_ok()));
        let known = self.references(usable).await?;
        let answer = |found: Option<Found>| {
            let Some(found) = found else { return Answer::Unknown };
            let kind = match &found.kind {
                Ok(kind) => *kind,
                Err(why) => return Answer::Unusable(why.clone()),
            };
            match ordered(&found, &known) {
                Ok(references) => Answer::Schema(SchemaText { kind, text: found.text, references }),
                Err(why) => Answer::Unusable(format!("because {why}")),
            }
        };
        Ok(found.into_iter().map(|(id, found)| (id, answer(found))).collect())
    }

    /// Whether its schemas have subjects, in which a producer could register them.
    pub(crate) fn has_subjects(&self) -> bool {
        matches!(self, Self::Confluent(_))
    }

    /// Whether the other one asks the same servers, which have the same schemas.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Confluent(one), Self::Confluent(other)) => one.bases == other.bases,
            (Self::Glue(one), Self::Glue(other)) => one.endpoint == other.endpoint,
            _ => false,
        }
    }

    /// Asks for schemas, and once more for those that are not there, after one pause for all of them.
    async fn find_all(
        &self,
        ids: &[SchemaId],
    ) -> Result<Vec<(SchemaId, Option<Found>)>, SinkError> {
        let mut found = self.find_each(ids, None).await?;
        let is_missing =
            |(id, found): &&(SchemaId, Option<Found>)| found.is_none() && self.may_have(*id);
        let missing: Vec<SchemaId> = found.iter().filter(is_missing).map(|(id, _)| *id).collect();
        if missing.is_empty() {
            return Ok(found);
        }
        sleep(LAG).await;
        // Another server may know what this one does not know yet.
        let next = match self {
            Self::Confluent(servers) => Some(servers.next()),
            Self::Glue(_) => None,
        };
        let again: BTreeMap<_, _> = self.find_each(&missing, next).await?.into_iter().collect();
        for (id, found) in &mut found {
            if let Some(Some(again)) = again.get(id) {
                *found = Some(again.clone());
            }
        }
        Ok(found)
    }

    /// Asks for schemas; all of them from the server `first`, if there is one.
    async fn find_each(
        &self,
        ids: &[SchemaId],
        first: Option<usize>,
    ) -> Result<Vec<(SchemaId, Option<Found>)>, SinkError> {
        let find = |id: SchemaId| async move { Ok((id, self.find(id, first).await?)) };
        stream::iter(ids.iter().copied()).map(find).buffered(AT_ONCE).try_collect().await
    }

    /// Whether it has ids of this kind, and of this size. A registry refuses the address of others
    /// as it refuses a wrong URL, so they are not asked for.
    fn may_have(&self, id: SchemaId) -> bool {
        match (self, id) {
            (Self::Glue(_), SchemaId::Glue(_)) | (Self::Confluent(_), SchemaId::Guid(_)) => true,
            (Self::Confluent(_), SchemaId::Number(id)) => i32::try_from(id).is_ok(),
            // Apicurio has its content ids in the API that is Confluent's.
            (Self::Confluent(_), SchemaId::Content(id)) => i32::try_from(id).is_ok(),
            (Self::Confluent(servers), SchemaId::Global(id)) => {
                i64::try_from(id).is_ok() && apicurio::is_there(servers)
            }
            // An id of another kind of registry.
            (Self::Confluent(_), SchemaId::Glue(_)) | (Self::Glue(_), _) => false,
        }
    }

    async fn find(&self, id: SchemaId, first: Option<usize>) -> Result<Option<Found>, SinkError> {
        if !self.may_have(id) {
            return Ok(None);
        }
        let what = id.to_string();
        match (self, id) {
            (Self::Glue(glue), SchemaId::Glue(version)) => {
                glue.version(&uuid(version), &what).await
            }
            (Self::Confluent(servers), SchemaId::Number(id)) => {
                confluent::by_id(servers, first, id.into(), &what).await
            }
            (Self::Confluent(servers), SchemaId::Content(id)) => {
                confluent::by_id(servers, first, id, &what).await
            }
            (Self::Confluent(servers), SchemaId::Guid(guid)) => {
                confluent::by_guid(servers, first, &uuid(guid), &what).await
            }
            (Self::Confluent(servers), SchemaId::Global(id)) => {
                apicurio::by_global_id(servers, first, id, &what).await
            }
            (Self::Confluent(_), SchemaId::Glue(_)) | (Self::Glue(_), _) => Ok(None),
        }
    }

    /// Asks for the schemas to which others refer, level by level, each once.
    ///
    /// # Errors
    /// There is no answer about one of them, or it is missing.
    pub(crate) async fn references<'f>(
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

/// The text of an id.
pub(crate) fn uuid(bytes: [u8; 16]) -> String {
    let mut text = Vec::new();
    write_uuid(bytes, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
