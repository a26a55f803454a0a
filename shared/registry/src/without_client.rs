//! What stands in for the client in a program that is built without it: nothing can be asked, and an
//! option that needs it is a problem at start.

use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{Answer, SchemaKind, SchemaText};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::options::Settings;
use sluice_bridge::options::formats::SCHEMA_REGISTRY_URL;

use crate::names::OPTIONS;
use crate::subject::{NewSchema, Registered};

/// Reads the options; a problem for each that is given.
pub(crate) fn read(settings: &mut Settings) -> Option<Service> {
    let given = [&SCHEMA_REGISTRY_URL].into_iter().chain(OPTIONS.iter().copied());
    let given: Vec<_> = given.filter(|opt| settings.given(opt).is_some()).collect();
    for opt in given {
        settings.problem(format!(
            "{}: this program was built without the client of schema registries; build it with the feature `schema-registry`, which is on by default",
            opt.name
        ));
    }
    None
}

/// Whom to ask: nobody.
pub(crate) enum Service {}

impl Service {
    pub(crate) async fn ask(&self, _: &[SchemaId]) -> Result<Vec<(SchemaId, Answer)>, SinkError> {
        match *self {}
    }

    pub(crate) async fn named(&self, _: &str, _: &str) -> Result<Registered, SinkError> {
        match *self {}
    }

    pub(crate) async fn subjects(&self, _: SchemaId) -> Result<Vec<(String, i64)>, SinkError> {
        match *self {}
    }

    pub(crate) async fn resolve(&self, _: NewSchema) -> Result<SchemaText, SinkError> {
        match *self {}
    }

    pub(crate) async fn register(&self, _: &str, _: NewSchema) -> Result<u32, SinkError> {
        match *self {}
    }

    pub(crate) async fn id(
        &self,
        _: &str,
        _: (SchemaKind, &str),
        _: bool,
    ) -> Result<u32, SinkError> {
        match *self {}
    }

    pub(crate) fn is_same(&self, _: &Self) -> bool {
        match *self {}
    }

    pub(crate) fn has_subjects(&self) -> bool {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_the_client_is_a_problem_at_start() {
        let given = [(SCHEMA_REGISTRY_URL.name.to_owned(), "http://registry:8081".to_owned())];
        let known = [&[&SCHEMA_REGISTRY_URL], OPTIONS].concat();
        let mut settings = Settings::new(&known, given);
        assert!(read(&mut settings).is_none());
        let problems = settings.check().expect_err("a problem").to_string();
        assert!(problems.contains("built without the client of schema registries"), "{problems}");
    }
}
