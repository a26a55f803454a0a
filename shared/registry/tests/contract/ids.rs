//! Each kind of id, and ids that a registry does not have.

use std::collections::BTreeSet;

use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::Answer;
use sluice_bridge::model::failure::Fault;
use sluice_bridge::run::pipeline::Registry;
use sluice_registry::SchemaRegistry;

use crate::server::{Server, answer};
use crate::{UNKNOWN, ask, is_schema, registry, run, schema};

#[test]
fn a_guid_and_a_content_id_have_their_addresses() {
    let server = Server::answering([schema("a"), schema("b")]);
    let registry = registry(&server.url(""), &[]);
    let ids = [SchemaId::Guid([0xab; 16]), SchemaId::Content(1 << 30)];
    assert_eq!(run(registry.ask(&ids[..1])).map(|answers| answers.len()), Ok(1));
    assert_eq!(run(registry.ask(&ids[1..])).map(|answers| answers.len()), Ok(1));
    let guid = "abababab-abab-abab-abab-abababababab";
    let expected = [format!("GET /schemas/guids/{guid}"), "GET /schemas/ids/1073741824".to_owned()];
    assert_eq!(server.targets(), expected);
}

/// The path of an id is a number of Java: a larger one would look like a wrong URL.
#[test]
fn an_id_that_no_registry_can_have_is_unknown() {
    let server = Server::answering([]);
    let confluent = registry(&server.url(""), &[]);
    let apicurio = registry(&server.url("/apis/ccompat/v7"), &[]);
    for (registry, id) in [
        (&confluent, SchemaId::Number(1 << 31)),
        (&confluent, SchemaId::Number(0xffff_ffff)),
        (&confluent, SchemaId::Content(1 << 31)),
        (&apicurio, SchemaId::Content(u64::MAX)),
        (&apicurio, SchemaId::Global(1 << 63)),
    ] {
        assert_eq!(run(registry.ask(&[id])), Ok(vec![(id, Answer::Unknown)]));
    }
    assert!(server.asked().is_empty());
    let server = Server::answering([schema("a")]);
    is_schema(&ask(&registry(&server.url(""), &[]), (1 << 31) - 1), "a");
}

#[test]
fn a_guid_is_unknown_to_a_registry_without_guids() {
    let (id, no_route) = (SchemaId::Guid([0xab; 16]), answer(404, r#"{"error_code":404}"#));
    for there in [answer(404, UNKNOWN), schema("a")] {
        let server = Server::answering([no_route.clone(), there.clone(), no_route.clone(), there]);
        assert_eq!(run(registry(&server.url(""), &[]).ask(&[id])), Ok(vec![(id, Answer::Unknown)]));
        assert_eq!(server.targets()[1], "GET /schemas/ids/0");
    }
    for (said, fault, says) in [
        (no_route.clone(), Fault::Fatal, "no address for schema abababab"),
        (answer(404, "<html>"), Fault::Fatal, "no address for schema abababab"),
        (answer(503, ""), Fault::Transient, "does not answer"),
    ] {
        let server = Server::answering([no_route.clone(), said]);
        let error = run(registry(&server.url(""), &[]).ask(&[id])).expect_err("a wrong URL");
        assert_eq!(error.fault, fault);
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(server.asked().len(), 2);
    }
}

/// So that there is one pause for all of them.
#[test]
fn unknown_ids_are_asked_for_again_once_all_were_asked_for() {
    let all: Vec<SchemaId> = (1..=40).map(SchemaId::Number).collect();
    let unknown = |count| Server::answering((0..count).map(|_| answer(404, UNKNOWN)));
    let ask_all = |registry: &SchemaRegistry| {
        let answers = run(registry.ask(&all)).expect("answers");
        assert!(answers.iter().map(|(id, _)| id).eq(&all));
        assert!(answers.iter().all(|(_, answer)| *answer == Answer::Unknown));
    };
    let server = unknown(80);
    ask_all(&registry(&server.url(""), &[]));
    let targets = server.targets();
    let first: BTreeSet<_> = targets[..40].iter().collect();
    assert_eq!((first.len(), targets.len()), (40, 80));
    // Requests at the same time do not move each other to the server that was asked before.
    let (one, other) = (unknown(40), unknown(40));
    ask_all(&registry(&format!("{},{}", one.url(""), other.url("")), &[]));
    assert_eq!((one.asked().len(), other.asked().len()), (40, 40));
}

#[test]
fn an_id_of_another_kind_of_registry_is_unknown_here() {
    let server = Server::answering([]);
    let registry = registry(&server.url(""), &[]);
    for id in [SchemaId::Glue([1; 16]), SchemaId::Global(5)] {
        assert_eq!(run(registry.ask(&[id])), Ok(vec![(id, Answer::Unknown)]));
    }
    assert!(server.asked().is_empty());
}
