//! Lambda's advanced logging controls, as a process obeys them.

use serde_json::Value;

use crate::api::Api;
use crate::{event, start, stop};

const PASSWORD: (&str, &str) = ("SLUICE_CONNECTION_PASSWORD", "s3cret");

/// Standard output and standard error of a good and a bad batch.
fn logged(variables: &[(&str, &str)]) -> (String, String) {
    let api = Api::start();
    let mut child = start(&api, &[&[PASSWORD], variables].concat());
    let bodies = [event(r#"{"amount":"1"}"#), event(r#"{"no_such":"2"}"#)];
    api.serve(&mut child, &bodies, bodies.len());
    let output = stop(child);
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

#[test]
fn as_json_a_line_has_lambdas_members() {
    let (out, errors) = logged(&[("AWS_LAMBDA_LOG_FORMAT", "JSON")]);
    let lines = lines(&out);
    assert_eq!((lines.len(), errors.as_str()), (2, ""), "{out}");
    for (request, line) in lines.iter().enumerate() {
        assert_eq!(line["requestId"], request.to_string());
        let timestamp = line["timestamp"].as_str().expect("a timestamp");
        assert!(timestamp.len() == 24 && timestamp.ends_with('Z'), "{timestamp}");
        assert_eq!(line["message"], "batch");
    }
    assert_eq!((&lines[0]["level"], &lines[1]["level"]), (&"INFO".into(), &"ERROR".into()));
}

#[test]
fn as_text_nothing_is_added() {
    for variables in [&[][..], &[("AWS_LAMBDA_LOG_FORMAT", "Text")]] {
        let (out, errors) = logged(variables);
        assert_eq!((lines(&out).len(), errors.as_str()), (2, ""), "one line each: {out}");
        assert!(!out.contains("requestId") && !out.contains("timestamp"), "{out}");
    }
}

#[test]
fn a_level_leaves_out_what_matters_less() {
    let (out, _) = logged(&[("AWS_LAMBDA_LOG_LEVEL", "ERROR")]);
    let lines = lines(&out);
    assert_eq!(lines.len(), 1, "{out}");
    assert_eq!(lines[0]["level"], "ERROR");
    assert_eq!(logged(&[("AWS_LAMBDA_LOG_LEVEL", "FATAL")]).0, "");
}

#[test]
fn more_than_asked_for_is_never_said() {
    let (out, errors) = logged(&[("AWS_LAMBDA_LOG_LEVEL", "TRACE")]);
    assert_eq!((lines(&out).len(), errors.as_str()), (2, ""), "{out}");
}

#[test]
fn a_start_that_fails_is_one_object() {
    let api = Api::start();
    let mut child = start(&api, &[("AWS_LAMBDA_LOG_FORMAT", "JSON")]);
    api.serve(&mut child, &[], 1);
    let errors = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    let [line] = lines(&errors).try_into().expect("one line");
    assert_eq!(line["level"], "ERROR");
    assert!(line["message"].as_str().unwrap().contains("connection.password is required"));
}
