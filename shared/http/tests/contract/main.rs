//! The client against a server that says what a test tells it to.

mod server;
mod tls;

use std::time::Duration;

use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_http::{Answer, Client, ErrorKind, HttpError, Limits, Request, Url};
use sluice_tls::Tls;

use crate::server::{Server, answer};

/// Time for everything that a test does not time.
const LIMITS: Limits =
    Limits { connect: Duration::from_secs(20), call: Duration::from_secs(20), answer: 1_000 };

fn client(limits: Limits) -> Client {
    Client::new(&Tls::default(), limits).expect("there is nothing to read")
}

async fn get(client: &Client, url: &str) -> Result<Answer, HttpError> {
    client.send(Request::get(Url::parse(url).expect("a URL"))).await
}

#[tokio::test]
async fn a_request_is_sent_as_it_is_and_its_answer_read() {
    let server = Server::answering([answer(404, "Retry-After: 7\r\n", "gone")]);
    let url = Url::parse(&server.url("/a%2Fb?c=d%20e")).expect("a URL");
    let request = Request::post(url, "application/json", "{}").basic("u", "p").header("x-a", "1");
    let answer = client(LIMITS).send(request).await.expect("an answer");
    assert_eq!((answer.status, &*answer.body, answer.is_success()), (404, &b"gone"[..], false));
    assert_eq!(answer.header("RETRY-AFTER"), Some("7"));
    assert_eq!(answer.retry_after(), Some(Duration::from_secs(7)));
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    let head = asked[0].to_lowercase();
    assert!(head.starts_with("post /a%2fb?c=d%20e http/1.1\r\n"), "{head}");
    for line in ["content-type: application/json", "authorization: basic dtpw", "x-a: 1"] {
        assert!(head.contains(&format!("\r\n{line}\r\n")), "{line}: {head}");
    }
    assert!(
        head.contains("\r\nuser-agent: sluice/") && !head.contains("accept-encoding"),
        "{head}"
    );
    assert!(head.ends_with("\r\n\r\n{}"), "{head}");
}

#[tokio::test]
async fn nothing_is_sent_twice() {
    for said in [answer(503, "", ""), answer(302, "Location: /other\r\n", ""), String::new()] {
        // The server would answer a second request.
        let server = Server::answering([said, answer(200, "", "")]);
        let answer = get(&client(LIMITS), &server.url("/")).await;
        match answer {
            Ok(answer) => assert!([503, 302].contains(&answer.status)),
            Err(error) => assert_eq!(error.kind, ErrorKind::Unanswered, "{error}"),
        }
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = Server::answering([answer(200, "", "a"), answer(200, "", "b")]);
    let client = client(LIMITS);
    for expected in ["a", "b"] {
        let answer = get(&client, &server.url("/")).await.expect("an answer");
        assert_eq!(&*answer.body, expected.as_bytes());
    }
    assert_eq!((server.asked().len(), server.connections()), (2, 1));
}

#[tokio::test]
async fn an_answer_has_a_limit() {
    let long = "x".repeat(LIMITS.answer + 1);
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned()
        + &format!("3e8\r\n{}\r\n", "x".repeat(1_000)).repeat(20);
    for said in [answer(200, "", &long), chunked] {
        let server = Server::answering([said]);
        let error = get(&client(LIMITS), &server.url("/")).await.expect_err("it is too long");
        assert_eq!(error.kind, ErrorKind::TooLong, "{error}");
        assert_eq!(SinkError::from(error).fault, Fault::Fatal);
    }
    let server = Server::answering([answer(200, "", &long[1..])]);
    assert!(get(&client(LIMITS), &server.url("/")).await.is_ok());
}

#[tokio::test]
async fn a_call_ends_at_its_deadline() {
    let limits = Limits { call: Duration::from_millis(50), ..LIMITS };
    // Silence, and a body that does not end.
    for said in [None, Some("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx".to_owned())] {
        let server = Server::holding(said);
        let error = get(&client(limits), &server.url("/secret?x")).await.expect_err("too late");
        assert_eq!(error.kind, ErrorKind::Unanswered);
        assert!(error.message.ends_with("does not answer in time"), "{error}");
        assert!(!error.message.contains("secret"), "{error}");
        assert_eq!(SinkError::from(error).fault, Fault::Transient);
    }
}

#[tokio::test]
async fn what_was_not_sent_is_known() {
    let closed = Server::closed();
    for (url, kind, says) in [
        (format!("http://{closed}/"), ErrorKind::NotSent, "cannot be reached: Connection refused"),
        ("http://no.invalid/".to_owned(), ErrorKind::NotSent, "no.invalid:80 cannot be reached"),
    ] {
        let error = get(&client(LIMITS), &url).await.expect_err("there is no server");
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains(says), "{error}");
    }
    let request = Request::get(Url::parse("http://h/").expect("a URL"));
    let error = client(LIMITS).send(request.header("x-a", "a\nb")).await.expect_err("not valid");
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    assert_eq!(SinkError::from(error).fault, Fault::Fatal);
}
