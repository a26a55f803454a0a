//! The client against servers that say what a registry says. The real one is asked in `tests`; here
//! is what a real one cannot be made to do.

mod logins;
mod server;

use std::collections::BTreeSet;
use std::future::Future;

use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{Answer, SchemaKind, SchemaText};
use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_bridge::options::Settings;
use sluice_bridge::options::formats::SCHEMA_REGISTRY_URL;
use sluice_bridge::run::pipeline::Registry;
use sluice_registry::{OPTIONS, SchemaRegistry};

use crate::server::{Server, answer};

/// A registry, and the problems of its options.
fn configure(pairs: &[(&str, &str)]) -> (SchemaRegistry, Vec<String>) {
    let known: Vec<_> = OPTIONS.iter().copied().chain([&SCHEMA_REGISTRY_URL]).collect();
    let pairs =
        pairs.iter().map(|(name, value)| (format!("schema.registry.{name}"), (*value).to_owned()));
    let mut settings = Settings::new(&known, pairs);
    let registry = SchemaRegistry::from_settings(&mut settings);
    (registry, settings.check().err().map_or(Vec::new(), |problems| problems.0))
}

/// A registry at these URLs.
fn registry(urls: &str, more: &[(&str, &str)]) -> SchemaRegistry {
    let (registry, problems) = configure(&[&[("url", urls)], more].concat());
    assert_eq!(problems, Vec::<String>::new());
    registry
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().expect("a runtime").block_on(future)
}

fn ask(registry: &SchemaRegistry, id: u32) -> Result<Answer, SinkError> {
    let answers = run(registry.ask(&[SchemaId::Number(id)]))?;
    let [(known, answer)] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!(*known, SchemaId::Number(id));
    Ok(answer.clone())
}

/// The answer with a schema of Avro.
fn schema(text: &str) -> String {
    answer(200, &format!(r#"{{"schema":"{text}"}}"#))
}

fn is_schema(answer: &Result<Answer, SinkError>, text: &str) {
    let expected =
        SchemaText { kind: SchemaKind::Avro, text: text.to_owned(), references: Vec::new() };
    assert_eq!(*answer, Ok(Answer::Schema(expected)));
}

const UNKNOWN: &str = r#"{"message":"Schema 7 not found","error_code":40403}"#;

#[test]
fn only_what_all_registries_answer_is_asked_for() {
    let server = Server::answering([
        schema("a"),
        answer(200, r#"{"schema":"b","schemaType":"JSON","x":1}"#),
    ]);
    let registry = registry(&server.url("/a/path/"), &[]);
    is_schema(&ask(&registry, 7), "a");
    assert!(
        matches!(ask(&registry, 8), Ok(Answer::Schema(found)) if found.kind == SchemaKind::Json)
    );
    assert_eq!(server.targets(), ["GET /a/path/schemas/ids/7", "GET /a/path/schemas/ids/8"]);
    assert!(server.asked()[0].contains("accept: application/vnd.schemaregistry.v1+json, "));
}

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
        let said = [no_route.clone(), there.clone(), no_route.clone(), there];
        let server = Server::answering(said);
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

#[test]
fn references_are_asked_for_once_and_come_first() {
    let reference = |name: &str| format!(r#"{{"name":"{name}","subject":"s/{name}","version":2}}"#);
    let with = |text: &str, names: &[&str]| {
        let all: Vec<_> = names.iter().map(|name| reference(name)).collect();
        answer(200, &format!(r#"{{"schema":"{text}","references":[{}]}}"#, all.join(",")))
    };
    let server = Server::by_target([
        ("/schemas/ids/1", with("root", &["b", "a"])),
        ("/schemas/ids/2", with("other", &["a"])),
        ("/subjects/s%2Fa/versions/2?deleted=true", with("A", &["c"])),
        ("/subjects/s%2Fb/versions/2?deleted=true", with("B", &["a"])),
        ("/subjects/s%2Fc/versions/2?deleted=true", with("C", &[])),
    ]);
    let registry = registry(&server.url(""), &[]);
    let answers = run(registry.ask(&[SchemaId::Number(1), SchemaId::Number(2)])).expect("answers");
    let order = |answer: &Answer| match answer {
        Answer::Schema(schema) => {
            let all = schema.references.iter().map(|it| format!("{}={}", it.name, it.text));
            all.collect::<Vec<_>>().join(" ")
        }
        Answer::Unknown => "unknown".to_owned(),
    };
    let orders: Vec<_> = answers.iter().map(|(_, answer)| order(answer)).collect();
    assert_eq!(orders, ["c=C a=A b=B", "c=C a=A"]);
    assert_eq!(server.asked().len(), 5);
}

#[test]
fn a_missing_reference_is_no_fault_of_a_record() {
    let root = r#"{"schema":"r","references":[{"name":"n","subject":"gone","version":1}]}"#;
    let missing = r#"{"error_code":40401,"message":"Subject 'gone' not found."}"#;
    let server = Server::answering([answer(200, root), answer(404, missing)]);
    let error = ask(&registry(&server.url(""), &[]), 1).expect_err("it is missing");
    assert_eq!(error.fault, Fault::Fatal);
    assert!(error.to_string().contains("version 1 of gone"), "{error}");
}

#[test]
fn an_unknown_id_is_asked_for_twice() {
    let server = Server::answering([answer(404, UNKNOWN), answer(404, UNKNOWN)]);
    assert_eq!(ask(&registry(&server.url(""), &[]), 7), Ok(Answer::Unknown));
    assert_eq!(server.asked().len(), 2);
    // The second server may know what the first one does not know yet.
    let (behind, ahead) =
        (Server::answering([answer(404, UNKNOWN)]), Server::answering([schema("a")]));
    let urls = format!("{},{}", behind.url(""), ahead.url(""));
    is_schema(&ask(&registry(&urls, &[]), 7), "a");
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

#[test]
fn what_is_no_answer_of_a_registry_gives_the_batch_back() {
    for (said, fault, says) in [
        (answer(401, ""), Fault::Unauthorized, "refuses the login"),
        (answer(403, "{}"), Fault::Unauthorized, "refuses the login"),
        (answer(429, ""), Fault::Transient, "does not answer"),
        (answer(500, "{}"), Fault::Transient, "does not answer"),
        (answer(503, "<html>"), Fault::Transient, "(503)"),
        (answer(408, ""), Fault::Transient, "(408)"),
        (answer(404, ""), Fault::Fatal, "no address for schema 7"),
        (answer(404, "<html>"), Fault::Fatal, "no address"),
        (answer(404, r#"{"error_code":404}"#), Fault::Fatal, "no address"),
        (answer(302, ""), Fault::Fatal, "another address"),
        (answer(400, ""), Fault::Fatal, "does not answer as a registry does"),
        (answer(200, "<html>"), Fault::Fatal, "is not a schema"),
        (answer(200, r#"{"schema":1}"#), Fault::Fatal, "is not a schema"),
        (answer(200, r#"{"schema":"x","schemaType":"XML"}"#), Fault::Fatal, "of the type XML"),
        (String::new(), Fault::Transient, "does not answer"),
    ] {
        let server = Server::answering([said.clone()]);
        let error = ask(&registry(&server.url(""), &[]), 7).expect_err("no answer");
        assert_eq!(error.fault, fault, "{said}: {error}");
        assert!(error.to_string().contains(says), "{said}: {error}");
        assert_eq!(server.asked().len(), 1, "{said}");
    }
}

#[test]
fn a_pause_that_a_registry_asks_for_is_kept() {
    let said = answer(429, "").replace("\r\n\r\n", "\r\nRetry-After: 3\r\n\r\n");
    let server = Server::answering([said]);
    let error = ask(&registry(&server.url(""), &[]), 7).expect_err("not now");
    assert_eq!(error.cause.retry_after_ms, 3_000);
}

#[test]
fn servers_are_asked_in_turn() {
    let (away, busy) = (Server::closed(), Server::answering([answer(503, "")]));
    let good = Server::answering([schema("a"), schema("b")]);
    let urls = format!("http://{away} , {},{}", busy.url(""), good.url(""));
    let registry = registry(&urls, &[]);
    is_schema(&ask(&registry, 1), "a");
    // The one that answered is asked first.
    is_schema(&ask(&registry, 2), "b");
    assert_eq!((busy.asked().len(), good.asked().len()), (1, 2));
}

#[test]
fn what_was_learned_stays_only_with_the_same_servers() {
    let server = Server::answering([schema("a")]);
    let old = registry(&server.url(""), &[]);
    let Ok(Answer::Schema(found)) = ask(&old, 1) else { panic!("there is one") };
    let text = r#""long""#.to_owned();
    let known = Answer::Schema(SchemaText { text, ..found });
    old.known().learn(SchemaId::Number(1), &known).expect("it is valid");
    let same = registry(&server.url(""), &[("bearer.auth.token", "t")]).after(&old);
    let other = registry("http://localhost:1", &[]).after(&old);
    let knows = |registry: &SchemaRegistry| format!("{:?}", registry.known()).contains("Number(1)");
    assert_eq!((knows(&old), knows(&same), knows(&other)), (true, true, false));
}

#[test]
fn without_a_url_nothing_is_asked() {
    let (registry, problems) = configure(&[]);
    assert_eq!(problems, Vec::<String>::new());
    let error = ask(&registry, 1).expect_err("there is none");
    assert_eq!(error.fault, Fault::Fatal);
    let (_, problems) = configure(&[("bearer.auth.token", "hunter2")]);
    assert_eq!(problems, ["schema.registry.bearer.auth.token needs schema.registry.url"]);
}
