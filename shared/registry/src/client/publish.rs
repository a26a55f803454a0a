//! What a person or a producer asks: where a schema is, a version of a subject with its id, and the id
//! of a schema that is registered or looked up. Sinks never ask this.

use std::collections::BTreeMap;

use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{SchemaKind, SchemaText};
use sluice_bridge::model::failure::SinkError;

use crate::client::confluent;
use crate::client::references::ordered;
use crate::client::schema::{Found, Link, Place};
use crate::client::servers::Servers;
use crate::client::service::{Service, uuid};
use crate::subject::{NewSchema, Registered, SubjectVersion};

impl Service {
    /// Asks for a version of a subject: a number, or `latest`.
    ///
    /// # Errors
    /// There is no answer, or no such version.
    pub(crate) async fn named(
        &self,
        subject: &str,
        version: &str,
    ) -> Result<Registered, SinkError> {
        let what = format!("version {version} of {subject}");
        let (id, found) = confluent::named(self.servers()?, subject, version, &what).await?;
        let schema = self.with_references(found, &what).await?;
        Ok(Registered { id, schema })
    }

    /// The subjects and versions in which a schema is. Apicurio's own ids and GUIDs have no call for
    /// that, and none of them is told.
    ///
    /// # Errors
    /// There is no answer, or none of a registry.
    pub(crate) async fn subjects(&self, id: SchemaId) -> Result<Vec<(String, i64)>, SinkError> {
        let what = format!("the subjects of {id}");
        match (self, id) {
            (Self::Confluent(servers), SchemaId::Number(id)) => {
                confluent::subjects(servers, id.into(), &what).await
            }
            (Self::Confluent(servers), SchemaId::Content(id)) => {
                confluent::subjects(servers, id, &what).await
            }
            (Self::Glue(glue), SchemaId::Glue(version)) => glue.place(&uuid(version), &what).await,
            _ => Ok(Vec::new()),
        }
    }

    /// A schema with those to which it refers.
    ///
    /// # Errors
    /// There is no answer, or one of them is not there.
    pub(crate) async fn resolve(&self, schema: NewSchema) -> Result<SchemaText, SinkError> {
        self.with_references(found(schema), "the schema").await
    }

    /// Registers a schema in a subject, and returns its id.
    ///
    /// # Errors
    /// There is no answer, or the registry refuses the schema.
    pub(crate) async fn register(
        &self,
        subject: &str,
        schema: NewSchema,
    ) -> Result<u32, SinkError> {
        let kind = schema.kind;
        confluent::register(self.servers()?, subject, kind, &found(schema)).await
    }

    /// The id of a schema without references in a subject, where it is registered if it `registers`.
    ///
    /// # Errors
    /// There is no answer, or the registry refuses the schema, or does not have it.
    pub(crate) async fn id(
        &self,
        subject: &str,
        (kind, text): (SchemaKind, &str),
        registers: bool,
    ) -> Result<u32, SinkError> {
        let schema = Found { kind: Ok(kind), text: text.to_owned(), links: Vec::new() };
        match registers {
            true => confluent::register(self.servers()?, subject, kind, &schema).await,
            false => confluent::look_up(self.servers()?, subject, kind, &schema).await,
        }
    }

    fn servers(&self) -> Result<&Servers, SinkError> {
        match self {
            Self::Confluent(servers) => Ok(servers),
            Self::Glue(_) => Err(SinkError::fatal("schemas of AWS Glue have no subjects")),
        }
    }

    async fn with_references(&self, found: Found, what: &str) -> Result<SchemaText, SinkError> {
        let unusable = |why: String| SinkError::fatal(format!("{what} cannot be used: {why}"));
        let kind = found.kind.clone().map_err(unusable)?;
        let known: BTreeMap<Place, Found> = self.references([&found].into_iter()).await?;
        let references = ordered(&found, &known).map_err(unusable)?;
        Ok(SchemaText { kind, text: found.text, references })
    }
}

fn found(schema: NewSchema) -> Found {
    let link = |it: SubjectVersion| Link {
        name: it.name,
        place: Place::Subject { subject: it.subject, version: it.version },
    };
    let links = schema.references.into_iter().map(link).collect();
    Found { kind: Ok(schema.kind), text: schema.text, links }
}
