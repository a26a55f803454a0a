//! The registry, as a producer uses it.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Its base URL.
pub(crate) fn url() -> String {
    std::env::var("TEST_REGISTRY").expect("TEST_REGISTRY: scripts/services.sh up registry")
}

/// Its `host:port`.
pub(crate) fn address() -> String {
    url().split('/').nth(2).expect("a host").to_owned()
}

/// The same registry at another `host:port`.
pub(crate) fn url_at(other: &str) -> String {
    url().replace(&address(), other)
}

/// Registers a schema of Avro in a subject, and returns its id.
pub(crate) async fn register(subject: &str, schema: &str) -> u32 {
    register_with(subject, schema, &json!([])).await
}

/// The same for a schema that refers to others.
pub(crate) async fn register_with(subject: &str, schema: &str, references: &Value) -> u32 {
    let body = json!({ "schema": schema, "references": references });
    let path = format!("/apis/ccompat/v7/subjects/{subject}/versions");
    let answer = call("POST", &path, &body.to_string()).await;
    let id = answer["id"].as_u64().and_then(|id| u32::try_from(id).ok());
    id.unwrap_or_else(|| panic!("{answer}"))
}

/// Apicurio's global id of the last version in a subject.
pub(crate) async fn global_id(subject: &str) -> u64 {
    let path = format!("/apis/registry/v2/groups/default/artifacts/{subject}/meta");
    let answer = call("GET", &path, "").await;
    answer["globalId"].as_u64().unwrap_or_else(|| panic!("{answer}"))
}

/// From now on a new version of a subject must be able to read what the last one wrote.
pub(crate) async fn keep_compatible(subject: &str) {
    let body = json!({ "compatibility": "BACKWARD" }).to_string();
    let answer = call("PUT", &format!("/apis/ccompat/v7/config/{subject}"), &body).await;
    assert_eq!(answer["compatibility"], "BACKWARD", "{answer}");
}

async fn call(method: &str, path: &str, body: &str) -> Value {
    let request = format!(
        "{method} {path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address()).await.expect("the registry answers");
    stream.write_all(request.as_bytes()).await.expect("it listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers");
    let body = answer.split_once("\r\n\r\n").expect("a head").1;
    serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
}
