//! The service as its reference tells: there is none to run. The signature is that of AWS's own
//! client (`sluice-aws`); whether the service accepts it is not proven here.

#[path = "../../../tests/contract/server.rs"]
#[allow(dead_code, reason = "the tests of the crate use the rest of it")]
mod server;

use sluice_bridge::format::registry::SchemaKind;
use sluice_tls::Tls;

use self::server::{Server, answer};
use super::*;

const ID: &str = "b7b4a7f0-9c96-4e4a-a687-fb5de9ef0c63";

fn ask(server: &Server, variable: fn(&str) -> Option<String>) -> Result<Option<Found>, SinkError> {
    run(glue(server, variable).version(ID, "schema 1"))
}

fn glue(server: &Server, variable: fn(&str) -> Option<String>) -> Glue {
    let endpoint = Url::parse(&server.url("/")).expect("a URL");
    Glue { client: LazyClient::new(Tls::default()), endpoint, region: None, variable }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().expect("a runtime").block_on(future)
}

fn variable(name: &str) -> Option<String> {
    Some(if name == REGION { "eu-central-1" } else { "x" }.to_owned())
}

#[test]
fn a_version_is_asked_for_with_a_signature() {
    let said = r#"{"SchemaVersionId":"b7","SchemaDefinition":"text","DataFormat":"PROTOBUF","Status":"AVAILABLE"}"#;
    let server = Server::answering([answer(200, said)]);
    let found = ask(&server, variable);
    let expected =
        Found { kind: Ok(SchemaKind::Protobuf), text: "text".to_owned(), links: Vec::new() };
    assert_eq!(found, Ok(Some(expected)));
    let asked = &server.asked()[0];
    assert!(asked.starts_with("post / http/1.1\r\n"), "{asked}");
    assert!(asked.ends_with(&format!(r#"{{"schemaversionid":"{ID}"}}"#)), "{asked}");
    for line in [
        "content-type: application/x-amz-json-1.1\r\n",
        "x-amz-target: awsglue.getschemaversion\r\n",
        "x-amz-security-token: x\r\n",
        "/eu-central-1/glue/aws4_request, signedheaders=content-type;host;x-amz-date;",
    ] {
        assert!(asked.contains(line), "{line}: {asked}");
    }
}

#[test]
fn a_version_belongs_to_a_schema() {
    let told = r#"{"SchemaDefinition":"text","DataFormat":"AVRO","VersionNumber":3,"SchemaArn":"arn:aws:glue:eu-central-1:1:schema/shop/orders"}"#;
    for (said, expected) in [
        (answer(200, told), vec![("shop/orders".to_owned(), 3)]),
        (answer(200, r#"{"SchemaDefinition":"text","DataFormat":"AVRO"}"#), Vec::new()),
        (answer(400, r#"{"__type":"EntityNotFoundException"}"#), Vec::new()),
    ] {
        let server = Server::answering([said]);
        assert_eq!(run(glue(&server, variable).place(ID, "schema 1")), Ok(expected));
    }
}

#[test]
fn errors_are_told_apart_by_their_names() {
    let named = |status, name: &str| {
        answer(status, &format!(r#"{{"__type":"{name}","Message":"hunter2"}}"#))
    };
    let server = Server::answering([named(400, "EntityNotFoundException")]);
    assert_eq!(ask(&server, variable), Ok(None));
    for (said, fault, says) in [
        (named(400, "AccessDeniedException"), Fault::Unauthorized, "glue:GetSchemaVersion"),
        (
            named(400, "com.amazon.coral.service#ExpiredTokenException"),
            Fault::Unauthorized,
            "(ExpiredTokenException)",
        ),
        (named(400, "ThrottlingException"), Fault::Transient, "(ThrottlingException)"),
        (named(500, "InternalServiceException"), Fault::Transient, "(InternalServiceException)"),
        (named(400, "InvalidInputException"), Fault::Fatal, "(InvalidInputException)"),
        (answer(503, ""), Fault::Transient, "(503)"),
        (answer(404, "<html>"), Fault::Fatal, "(404)"),
        (answer(200, "{}"), Fault::Fatal, "is not a schema"),
        (String::new(), Fault::Transient, "AWS Glue: "),
    ] {
        let error = ask(&Server::answering([said.clone()]), variable).expect_err("no schema");
        assert_eq!(error.fault, fault, "{said}: {error}");
        assert!(error.to_string().contains(says), "{said}: {error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn a_missing_variable_is_named() {
    let error = ask(&Server::answering([]), |_| None).expect_err("there are no credentials");
    assert!(error.to_string().contains("AWS_ACCESS_KEY_ID"), "{error}");
    let credentials = |name: &str| (name != REGION).then(|| "x".to_owned());
    let error = ask(&Server::answering([]), credentials).expect_err("there is no region");
    assert!(error.to_string().contains("AWS_REGION"), "{error}");
}
