//! The client against servers that say what a registry says. The real one is asked in `tests`; here
//! is what a real one cannot be made to do.

mod ids;
mod logins;
mod publishing;
mod server;

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
        Answer::Unknown | Answer::Unusable(_) => format!("{answer:?}"),
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
        (String::new(), Fault::Transient, "does not answer"),
    ] {
        let server = Server::answering([said.clone()]);
        let error = ask(&registry(&server.url(""), &[]), 7).expect_err("no answer");
        assert_eq!(error.fault, fault, "{said}: {error}");
        assert!(error.to_string().contains(says), "{said}: {error}");
        assert_eq!(server.asked().len(), 1, "{said}");
    }
}

/// It is a fault of this schema alone.
#[test]
fn a_schema_of_another_language_is_unusable() {
    let other = r#"{"schema":"x","schemaType":"XML","references":[
        {"name":"n","subject":"s","version":1}]}"#;
    let itself = r#"{"schema":"x","references":[{"name":"n","subject":"s","version":1}]}"#;
    let server = Server::by_target([
        ("/schemas/ids/1", schema("a")),
        ("/schemas/ids/2", answer(200, other)),
        ("/schemas/ids/3", answer(200, itself)),
        ("/subjects/s/versions/1?deleted=true", answer(200, itself)),
    ]);
    let ids = [SchemaId::Number(1), SchemaId::Number(2), SchemaId::Number(3)];
    let answers = run(registry(&server.url(""), &[]).ask(&ids)).expect("answers");
    let answers: Vec<_> = answers.into_iter().map(|(_, answer)| answer).collect();
    is_schema(&Ok(answers[0].clone()), "a");
    let because = |why: &str| Answer::Unusable(format!("because {why}"));
    assert_eq!(answers[1], because("it is of the type XML, which is not supported"));
    assert_eq!(answers[2], because("version 1 of s refers to itself"));
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
