//! A producer registers schemas and finds versions.

use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{Reference, SchemaKind, SchemaText};
use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_registry::{NewSchema, Registered, SubjectVersion};

use crate::server::{Server, answer};
use crate::{registry, run};

const INNER: &str = r#"{"subject":"s/inner","version":2,"id":4,"schema":"inner"}"#;

fn new(kind: SchemaKind) -> NewSchema {
    let (name, subject) = ("n".to_owned(), "s/inner".to_owned());
    let references = vec![SubjectVersion { name, subject, version: 2 }];
    NewSchema { kind, text: "outer".to_owned(), references }
}

fn registered(id: u32, kind: SchemaKind) -> Registered {
    let references = vec![Reference { name: "n".to_owned(), text: "inner".to_owned() }];
    Registered { id, schema: SchemaText { kind, text: "outer".to_owned(), references } }
}

#[test]
fn a_schema_is_registered_with_its_references() {
    for (kind, named) in [
        (SchemaKind::Avro, ""),
        (SchemaKind::Protobuf, r#""schematype":"protobuf","#),
        (SchemaKind::Json, r#""schematype":"json","#),
    ] {
        let server = Server::answering([answer(200, INNER), answer(200, r#"{"id":7}"#)]);
        let registry = registry(&server.url("/p"), &[("basic.auth.user.info", "us:er:pass")]);
        assert_eq!(run(registry.resolve(new(kind))), Ok(registered(7, kind).schema));
        assert_eq!(run(registry.register("orders-value", new(kind))), Ok(7));
        let asked = &server.asked()[1];
        assert!(
            asked.starts_with("post /p/subjects/orders-value/versions http/1.1\r\n"),
            "{asked}"
        );
        assert!(asked.contains("content-type: application/vnd.schemaregistry.v1+json\r\n"));
        assert!(asked.contains("authorization: basic dxm6zxi6cgfzcw=="), "{asked}");
        let references = r#""references":[{"name":"n","subject":"s/inner","version":2}]"#;
        let body = format!(r#"{{"schema":"outer",{named}{references}}}"#);
        assert!(asked.ends_with(&body), "{asked}");
    }
}

#[test]
fn a_version_is_found_with_its_id() {
    let said = r#"{"subject":"o","version":3,"id":9,"schemaType":"PROTOBUF","schema":"outer",
        "references":[{"name":"n","subject":"s/inner","version":2}]}"#;
    let server = Server::answering([answer(200, said), answer(200, INNER)]);
    let found = run(registry(&server.url(""), &[]).named("o", "latest"));
    assert_eq!(found, Ok(registered(9, SchemaKind::Protobuf)));
    assert_eq!(server.targets()[0], "GET /subjects/o/versions/latest");
}

#[test]
fn the_subjects_of_an_id_are_told() {
    let places = r#"[{"subject":"a-value","version":1},{"subject":"b","version":7}]"#;
    let server = Server::answering([answer(200, places), answer(200, "{}")]);
    let registry = registry(&server.url(""), &[]);
    let subjects = run(registry.subjects(SchemaId::Number(5)));
    assert_eq!(subjects, Ok(vec![("a-value".to_owned(), 1), ("b".to_owned(), 7)]));
    assert!(server.asked()[0].starts_with("get /schemas/ids/5/versions "));
    let error = run(registry.subjects(SchemaId::Number(5))).expect_err("it is no list");
    assert!(error.to_string().contains("the subjects of schema 5"), "{error}");
    // No call of a registry tells them for its own global ids.
    assert_eq!(run(registry.subjects(SchemaId::Global(5))), Ok(Vec::new()));
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn a_registry_says_why_it_refuses() {
    let incompatible = r#"{"error_code":409,"message":"a field has no default"}"#;
    for (said, fault, says) in [
        (answer(409, incompatible), Fault::Fatal, "refuses a new version of o: a field has no"),
        (answer(422, r#"{"error_code":42201}"#), Fault::Fatal, "refuses a new version of o"),
        (answer(403, ""), Fault::Unauthorized, "refuses the login"),
        (answer(503, ""), Fault::Transient, "does not answer"),
        (answer(200, "<html>"), Fault::Fatal, "has no id"),
        (answer(404, "<html>"), Fault::Fatal, "refuses a new version of o"),
    ] {
        let server = Server::answering([said]);
        let done = run(registry(&server.url(""), &[]).register("o", new(SchemaKind::Avro)));
        let error = done.expect_err("it is refused");
        assert_eq!(error.fault, fault, "{error}");
        assert!(error.to_string().contains(says), "{says}: {error}");
    }
    let missing = answer(404, r#"{"error_code":40402,"message":"Version 3 not found."}"#);
    let server = Server::answering([missing]);
    let error = run(registry(&server.url(""), &[]).named("o", "3")).expect_err("it is missing");
    assert!(error.to_string().contains("does not have version 3 of o: Version 3"), "{error}");
}

#[test]
fn an_id_is_asked_for_once_and_outlives_its_registry() {
    let server = Server::answering([answer(200, r#"{"id":7}"#), answer(200, r#"{"id":8}"#)]);
    let first = registry(&server.url(""), &[]);
    let avro = (SchemaKind::Avro, "one");
    let ids = || async {
        Ok::<_, SinkError>([
            first.id("o-value", avro, true).await?,
            first.id("o-value", avro, true).await?,
        ])
    };
    assert_eq!(run(ids()), Ok([7, 7]));
    let second = registry(&server.url(""), &[]).after(&first);
    assert_eq!(run(second.id("o-value", avro, false)), Ok(7));
    assert_eq!(run(second.id("o-value", (SchemaKind::Protobuf, "two"), false)), Ok(8));
    let targets = ["POST /subjects/o-value/versions", "POST /subjects/o-value"];
    assert_eq!(server.targets(), targets, "the second one only looks up");
    assert!(server.asked()[1].ends_with(r#"{"schema":"two","schematype":"protobuf"}"#));
}

#[test]
fn a_schema_that_is_only_looked_up_must_be_there() {
    let missing = r#"{"error_code":40403,"message":"Schema not found"}"#;
    let server = Server::answering([answer(404, missing), answer(200, r#"{"id":7}"#)]);
    let registry = registry(&server.url(""), &[]);
    let error = run(registry.id("o-key", (SchemaKind::Avro, "one"), false)).expect_err("it is not");
    assert_eq!(error.fault, Fault::Fatal);
    let says = "the schema registry does not have the schema in o-key: Schema not found";
    assert!(error.to_string().contains(says), "{error}");
    // A refusal is not kept.
    assert_eq!(run(registry.id("o-key", (SchemaKind::Avro, "one"), false)), Ok(7));
}

#[test]
fn only_registries_with_subjects_can_be_asked() {
    let glue = registry("https://glue.eu-west-1.amazonaws.com", &[("type", "glue")]);
    assert!(glue.lacks_subjects());
    let error = run(glue.named("o", "1")).expect_err("there are none");
    assert!(error.to_string().contains("have no subjects"), "{error}");
    let none = sluice_registry::SchemaRegistry::default();
    assert!(run(none.register("o", new(SchemaKind::Avro))).is_err());
}
