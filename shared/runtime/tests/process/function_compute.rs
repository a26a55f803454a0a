//! What passes between the process and Function Compute: an HTTP server, whatever is sent to it.

mod server;

use serde_json::Value;

use self::server::{Answer, Client, Server, event};

const GOOD: &str = r#"{"amount":"1"}"#;
const SLOW: &str = r#"{"amount":"slow"}"#;

#[track_caller]
fn assert_failed(answer: &Answer, kind: &str) -> String {
    assert_eq!((answer.status, answer.header("x-fc-status")), (404, Some("404")), "{answer:?}");
    let told: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(told["errorType"], kind, "{answer:?}");
    told["errorMessage"].as_str().unwrap().to_owned()
}

#[track_caller]
fn assert_settled(answer: &Answer) {
    assert_eq!((answer.status, answer.header("x-fc-status")), (200, Some("200")), "{answer:?}");
    assert_eq!(answer.body, r#"{"batchItemFailures":[]}"#);
}

#[test]
fn invocations_are_answered_one_by_one_and_a_panic_is_one_failure() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    assert_settled(&client.invoke("r-1", &event(GOOD)));
    let panicked = client.invoke("r-2", &event(r#"{"amount":"panic"}"#));
    assert_failed(&panicked, "Sluice.Panic");
    assert_settled(&client.invoke("r-3", &event(GOOD)));
    let refused = client.invoke("r-4", &event(r#"{"no_such":"3"}"#));
    let message = assert_failed(&refused, "Sluice.BadRecord");
    assert!(message.starts_with("t-0@7: "), "{message}");
    let (lines, errors) = server.stop();
    let requests: Vec<&Value> = lines.iter().map(|line| &line["requestId"]).collect();
    assert_eq!(requests, ["r-1", "r-2", "r-3", "r-4"]);
    assert!(lines.iter().all(|line| line["connector"] == "f-fc"), "{lines:?}");
    let counted: Vec<&Value> = lines.iter().map(|line| &line["written"]).collect();
    assert_eq!(counted, [1, 0, 1, 0]);
    assert!(errors.contains("function.rs:") && !errors.contains("scripted panic"), "{errors}");
}

#[test]
fn a_wrong_configuration_is_told_with_every_problem() {
    let server = Server::start(&[
        ("SLUICE_CONNECTION_PASSWORD", ""),
        ("SLUICE_NO_SUCH", "s3cret"),
        ("SLUICE_EVENT_VALUE_ENCODING", "hex"),
        ("SLUICE_REPORT_BATCH_ITEM_FAILURES", "true"),
        ("SLUICE_ERRORS_TOLERANCE", "all"),
        ("SLUICE_ERRORS_DEADLETTERQUEUE_TOPIC_NAME", "letters"),
    ]);
    let mut client = server.connect();
    let told = client.send("POST", "/initialize", &[], b"");
    let message = assert_failed(&told, "Sluice.Configuration");
    for problem in [
        "unknown option SLUICE_NO_SUCH",
        "event.value.encoding must be one of text, json, base64, not `hex`",
        "report.batch.item.failures=true does not work on Function Compute",
        "dead-letter topics need kafka.bootstrap.servers on Function Compute",
        "connection.password is required",
    ] {
        assert!(message.contains(problem), "{problem} is missing in {message}");
    }
    assert!(!message.contains("s3cret"), "{message}");
    let invoked = client.invoke("r-1", &event(GOOD));
    assert_eq!(assert_failed(&invoked, "Sluice.Configuration"), message);
    let (lines, errors) = server.stop();
    let line = (&lines[0]["requestId"], &lines[0]["error_type"], &lines[0]["connector"]);
    assert_eq!(line, (&"r-1".into(), &"Sluice.Configuration".into(), &"f-fc".into()));
    assert!(errors.contains("unknown option SLUICE_NO_SUCH"), "{errors}");
}

#[test]
fn the_hooks_of_its_life_are_answered() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    for (method, path) in [("POST", "/initialize"), ("GET", "/pre-stop"), ("GET", "/pre-stop")] {
        let done = client.send(method, path, &[], b"");
        let answer = (done.status, done.header("x-fc-status"), done.body.as_str());
        assert_eq!(answer, (200, Some("200"), ""), "{path}");
        assert_settled(&client.invoke("r", &event(GOOD)));
    }
    let (lines, errors) = server.stop();
    let starts: Vec<_> = lines.iter().map(|line| line["cold_start"] == true).collect();
    assert_eq!((starts, errors.as_str()), (vec![true, true, true], ""), "closed, it starts anew");
}

/// With more than one request at once (`instanceConcurrency`).
#[test]
fn a_second_invocation_waits_for_the_first() {
    let server = Server::start(&[]);
    let (mut one, mut other) = (server.connect(), server.connect());
    one.begin("r-1", &[], &event(SLOW));
    server.wait_for_work();
    other.begin("r-2", &[], &event(r#"{"no_such":"3"}"#));
    assert_failed(&other.answer(), "Sluice.BadRecord");
    assert_settled(&one.answer());
    let (lines, _) = server.stop();
    let told: Vec<_> = lines.iter().map(|line| (&line["requestId"], &line["written"])).collect();
    assert_eq!(told, [(&"r-1".into(), &1.into()), (&"r-2".into(), &0.into())]);
}

#[test]
fn its_deadline_is_the_functions_timeout_and_waiting_counts() {
    let server = Server::start(&[]);
    let [mut one, mut two, mut three, mut other] = [(); 4].map(|()| server.connect());
    let second = [("x-fc-function-timeout", "1")];
    one.begin("r-1", &[("x-fc-function-timeout", "300")], &event(SLOW));
    server.wait_for_work();
    two.begin("r-2", &[], &event(SLOW));
    three.begin("r-3", &[], &event(SLOW));
    server.wait_for_work();
    // Nothing of its second is left when the others are done.
    other.begin("r-0", &second, &event(GOOD));
    assert_settled(&one.answer());
    assert_settled(&two.answer());
    assert_settled(&three.answer());
    let late = assert_failed(&other.answer(), "Sluice.Transient");
    assert!(late.starts_with("its time was over while it waited"), "{late}");
    one.begin("r-4", &second, &event(SLOW));
    let slow = assert_failed(&one.answer(), "Sluice.Transient");
    assert!(slow.contains("the target did not take the rows in time"), "{slow}");
    one.begin("r-5", &second, &event(GOOD));
    assert_settled(&one.answer());
    let (lines, errors) = server.stop();
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert!(errors.contains("r-0: its time was over while it waited"), "{errors}");
}

#[test]
fn a_client_that_goes_away_stops_nothing() {
    let server = Server::start(&[]);
    let mut gone = server.connect();
    gone.begin("r-1", &[], &event(SLOW));
    server.wait_for_work();
    drop(gone);
    assert_settled(&server.connect().invoke("r-2", &event(GOOD)));
    let (lines, errors) = server.stop();
    let told: Vec<_> = lines.iter().map(|line| (&line["requestId"], &line["written"])).collect();
    assert_eq!(told, [(&"r-1".into(), &1.into()), (&"r-2".into(), &1.into())]);
    assert!(errors.contains("r-1: the client went away before the answer"), "{errors}");
}

#[test]
fn the_signal_to_end_lets_what_is_under_way_be_answered() {
    let server = Server::start(&[]);
    let (mut busy, idle) = (server.connect(), server.connect());
    busy.begin("r-1", &[], &event(SLOW));
    server.wait_for_work();
    server.terminate();
    assert_settled(&busy.answer());
    assert_eq!(server.ended().code(), Some(0));
    drop(idle);
    let server = Server::start(&[]);
    server.terminate();
    assert_eq!(server.ended().code(), Some(0), "with nothing to do it ends at once");
}

#[test]
fn what_is_not_an_event_is_a_failure() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    let record = r#"{"topic":"t","partition":0,"offset":7,"value":"{\"amount\":\"1\"}"}"#;
    let bodies = [
        String::new(),
        "<html><body>502 Bad Gateway</body></html>".to_owned(),
        format!("[{record}"),
        "[1,2,3]".to_owned(),
        format!("[{record},7]"),
        record.replace(":0,", ":\"0\","),
        r#"{"eventSource":"aws:kafka","records":{}}"#.to_owned(),
    ];
    for body in &bodies {
        let told = assert_failed(&client.invoke("r", body.as_bytes()), "Sluice.NotAnEvent");
        assert!(told.starts_with("the invocation is not a Kafka event: "), "{body}: {told}");
    }
    let written = client.invoke("r", format!("[{record}]").as_bytes());
    assert_settled(&written);
    let (lines, _) = server.stop();
    let counted: u64 = lines.iter().map(|line| line["written"].as_u64().unwrap()).sum();
    assert_eq!((lines.len(), counted), (bodies.len() + 1, 1), "each is logged, one is written");
}

#[test]
fn base64_that_is_none_is_a_failure() {
    let server = Server::start(&[("SLUICE_EVENT_VALUE_ENCODING", "base64")]);
    let mut client = server.connect();
    let told = assert_failed(&client.invoke("r", &event(GOOD)), "Sluice.NotAnEvent");
    assert!(told.contains("`value` is not base64"), "{told}");
    let base64 = br#"[{"topic":"t","partition":0,"offset":7,"value":"eyJhbW91bnQiOiIxIn0="}]"#;
    assert_settled(&client.invoke("r", base64));
}

#[test]
fn what_is_not_an_invocation_is_refused_and_logged() {
    let server = Server::start(&[]);
    for (method, path, status, words) in [
        ("GET", "/invoke", 405, "method"),
        ("POST", "/pre-stop", 405, "method"),
        ("POST", "/2015-03-31/functions", 404, "path"),
        ("GET", "/", 404, "path"),
    ] {
        let told = server.connect().send(method, path, &[], b"{}");
        assert_eq!((told.status, told.header("x-fc-status")), (status, Some("404")), "{path}");
        assert!(told.body.contains("Sluice.NotAnEvent") && told.body.contains(words), "{told:?}");
    }
    let mut client = server.connect();
    client.write(b"POST /invoke HTTP/1.1\r\nHost: f\r\nContent-Length: 100\r\n\r\n[{");
    drop(client);
    assert_settled(&server.connect().invoke("r", &event(GOOD)));
    let (lines, errors) = server.stop();
    assert_eq!(lines.len(), 1, "only the last was an invocation");
    assert!(errors.contains("the body of an invocation broke off"), "{errors}");
    assert_eq!(errors.lines().count(), 5, "{errors}");
}

#[test]
fn an_invocation_has_at_most_32_megabytes() {
    let server = Server::start(&[]);
    let padded = |size: usize| {
        let mut body = event(GOOD);
        body.resize(size, b' ');
        body
    };
    assert_settled(&server.connect().invoke("r", &padded(32 * 1024 * 1024)));
    let large = server.connect().invoke("r", &padded(32 * 1024 * 1024 + 1));
    assert_eq!((large.status, large.header("x-fc-status")), (413, Some("404")));
    assert!(large.body.contains("an invocation has more than 32 MB"), "{large:?}");
}

#[test]
fn a_body_may_come_in_chunks_and_late() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    let body = event(GOOD);
    let (one, other) = body.split_at(body.len() / 2);
    client.write(b"POST /invoke HTTP/1.1\r\nHost: f\r\nTransfer-Encoding: chunked\r\n\r\n");
    for piece in [one, other] {
        client.write(format!("{:x}\r\n", piece.len()).as_bytes());
        client.write(&[piece, b"\r\n"].concat());
    }
    client.write(b"0\r\n\r\n");
    assert_settled(&client.answer());
}

#[test]
fn a_port_that_cannot_be_listened_on_is_told() {
    let taken = Server::start(&[]);
    let port = taken.port().to_string();
    for (port, words) in [
        (port.as_str(), format!("cannot listen on port {port}: ")),
        ("http", "FC_SERVER_PORT is not the number of a port".to_owned()),
    ] {
        let output = Server::output(&[("FC_SERVER_PORT", port)]);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains(&words), "{errors}");
        assert_eq!(output.status.code(), Some(1));
    }
}

/// One request begins before another's body is there.
#[test]
fn a_slow_sender_keeps_nobody_waiting() {
    let server = Server::start(&[]);
    let mut slow: Client = server.connect();
    let body = event(GOOD);
    let head =
        format!("POST /invoke HTTP/1.1\r\nHost: f\r\nContent-Length: {}\r\n\r\n", body.len());
    slow.write(head.as_bytes());
    assert_settled(&server.connect().invoke("r-2", &event(GOOD)));
    slow.write(&body);
    assert_settled(&slow.answer());
}
