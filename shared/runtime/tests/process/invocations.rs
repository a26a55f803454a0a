//! What passes between the process and Lambda's Runtime API, request by request.

use serde_json::Value;

use crate::api::{Api, invocation};
use crate::{event, start};

const PASSWORD: (&str, &str) = ("SLUICE_CONNECTION_PASSWORD", "s3cret");
const TAKEN: &[u8] = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const AWAY: &[u8] =
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

fn head(request: usize, more: &str) -> Vec<u8> {
    let named = invocation(request);
    format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{named}{more}\r\n").into_bytes()
}

/// What the function asks for, what it says when it ends, and how.
fn follow(environment: &[(&str, &str)], answers: &[Vec<&[u8]>]) -> (Vec<(String, String)>, String) {
    let api = Api::start();
    let mut child = start(&api, &[&[PASSWORD], environment].concat());
    let asked = api.follow(&mut child, answers);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "it ends when the Runtime API is away");
    (asked, String::from_utf8(output.stderr).unwrap())
}

fn line((head, _): &(String, String)) -> &str {
    head.lines().next().unwrap().strip_suffix(" HTTP/1.1").unwrap()
}

#[test]
fn a_body_may_come_in_chunks_and_late() {
    let body = event(r#"{"amount":"1"}"#);
    let (one, other) = body.split_at(body.len() / 2);
    let chunk =
        |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    let head = head(7, "Transfer-Encoding: chunked\r\n");
    let (one, other) = (chunk(one), [&*chunk(other), b"0\r\n\r\n"].concat());
    let (asked, said) = follow(&[], &[vec![&head, &one, &other], vec![TAKEN], vec![AWAY]]);
    assert_eq!(line(&asked[1]), "POST /2018-06-01/runtime/invocation/7/response");
    assert_eq!(asked[1].1, r#"{"batchItemFailures":[]}"#);
    assert!(said.contains("the Runtime API's answer is not an invocation"), "{said}");
}

/// "Invocation error" of the Runtime API: the error's type stands in the body; the vendor's loop says in
/// the header that the function reported it. The identity of an invocation goes back with its answer.
#[test]
fn an_answer_has_the_headers_that_lambda_looks_at() {
    let body = event(r#"{"no_such":"1"}"#);
    let length = format!("Content-Length: {}\r\nLambda-Runtime-Invocation-Id: i-9\r\n", body.len());
    let (first, good) = (head(9, &length), event(r#"{"amount":"1"}"#));
    let next = head(10, &format!("Content-Length: {}\r\n", good.len()));
    let answers =
        [vec![&*first, &*body], vec![TAKEN], vec![&*next, &*good], vec![TAKEN], vec![AWAY]];
    let (asked, _) = follow(&[], &answers);
    assert_eq!(line(&asked[1]), "POST /2018-06-01/runtime/invocation/9/error");
    let headers = asked[1].0.to_lowercase();
    assert!(headers.contains("lambda-runtime-function-error-type: unhandled"), "{headers}");
    assert!(headers.contains("lambda-runtime-invocation-id: i-9"), "{headers}");
    let told: Value = serde_json::from_str(&asked[1].1).unwrap();
    assert_eq!(told["errorType"], "Sluice.BadRecord");
    assert_eq!(line(&asked[3]), "POST /2018-06-01/runtime/invocation/10/response");
    assert!(!asked[3].0.to_lowercase().contains("invocation-id"), "{}", asked[3].0);
}

#[test]
fn an_answer_that_is_refused_is_told_of_and_the_next_invocation_comes() {
    let body = event(r#"{"amount":"1"}"#);
    let heads = [1, 2].map(|id| head(id, &format!("Content-Length: {}\r\n", body.len())));
    let gone = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let answers = [
        vec![&*heads[0], &*body],
        vec![&gone[..]],
        vec![&*heads[1], &*body],
        vec![TAKEN],
        vec![AWAY],
    ];
    let (asked, said) = follow(&[], &answers);
    assert_eq!(line(&asked[3]), "POST /2018-06-01/runtime/invocation/2/response");
    assert!(said.contains("410 Gone") && said.contains("rejected the response"), "{said}");
}

/// Lambda makes a snapshot of a process that asks for this, and restores it as often as it likes.
#[test]
fn a_process_that_is_to_be_restored_says_when_it_is_ready() {
    let (asked, _) = follow(
        &[("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")],
        &[vec![b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"], vec![AWAY]],
    );
    assert_eq!(line(&asked[0]), "GET /2018-06-01/runtime/restore/next");
    assert_eq!(line(&asked[1]), "GET /2018-06-01/runtime/invocation/next");
    let on_demand = [("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")];
    assert_eq!(
        line(&follow(&on_demand, &[vec![AWAY]]).0[0]),
        "GET /2018-06-01/runtime/invocation/next"
    );
}

#[test]
fn an_invocation_without_a_name_is_none() {
    let nameless = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    let (_, said) = follow(&[], &[vec![&nameless[..]]]);
    assert!(said.contains("the Runtime API's answer is not an invocation"), "{said}");
}
