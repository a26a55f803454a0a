//! What a function says to a person or a program that starts it.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::api::Api;
use crate::{FUNCTION, event, function, stop};

/// Exit status, standard output and standard error.
fn said(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(function()).env_clear().args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn outside_lambda_it_says_how_to_run_it() {
    let (status, out, errors) = said(&[]);
    assert_eq!((status, out.as_str()), (Some(2), ""));
    for says in ["AWS_LAMBDA_RUNTIME_API is not set", "sluice trigger --function", "--help"] {
        assert!(errors.contains(says), "{says}: {errors}");
    }
}

#[test]
fn its_help_says_what_it_is_and_how_to_run_it() {
    for help in ["--help", "-h"] {
        let (status, out, errors) = said(&[help]);
        assert_eq!((status, errors.as_str()), (Some(0), ""));
        for says in [
            "a function of Sluice for AWS Lambda and Alibaba Cloud Function Compute",
            "memory-function --bootstrap HOST:PORT",
            "--options",
            "--check-configuration",
            "SLUICE_CONFIG",
            "/README.md",
        ] {
            assert!(out.contains(says), "{says}: {out}");
        }
        assert!(
            out.lines().all(|line| line.len() <= 120 || line.contains("/memory-function")),
            "{out}"
        );
    }
}

#[test]
fn its_version_is_one_line() {
    for version in ["--version", "-V"] {
        let expected = concat!(env!("CARGO_PKG_VERSION"), "\n").to_owned();
        assert_eq!(said(&[version]), (Some(0), expected, String::new()));
    }
}

#[test]
fn its_options_are_data() {
    let (status, out, errors) = said(&["--options"]);
    assert_eq!((status, errors.as_str()), (Some(0), ""));
    let document: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["version"], env!("CARGO_PKG_VERSION"));
    let options = document["options"].as_array().unwrap();
    let option = |name: &str| options.iter().find(|option| option["name"] == name).unwrap();
    let password = option("connection.password");
    assert_eq!(password["variable"], "SLUICE_CONNECTION_PASSWORD");
    assert_eq!((&password["required"], &password["secret"]), (&true.into(), &true.into()));
    assert_eq!(
        (&password["default"], &password["documentation"]),
        (&Value::Null, &"Needed to start.".into())
    );
    let mode = option("insert.mode");
    assert_eq!(
        (&mode["default"], &mode["required"], &mode["secret"]),
        (&"insert".into(), &false.into(), &false.into())
    );
    let required: Vec<&Value> = options
        .iter()
        .filter(|option| option["required"] == true)
        .map(|option| &option["name"])
        .collect();
    assert_eq!(required, ["connection.password"]);
}

#[test]
fn an_argument_that_is_unknown_is_named() {
    for (arguments, named) in [
        (&["--nonsense"][..], "`--nonsense`"),
        (&["check"], "`check`"),
        (&["--nonsense", "--version"], "`--nonsense`"),
        (&["--version", "twice"], "`twice`"),
    ] {
        let (status, out, errors) = said(arguments);
        assert_eq!((status, out.as_str()), (Some(2), ""), "{arguments:?}");
        let says = format!("memory-function: unknown argument {named}; see --help\n");
        assert_eq!(errors, says);
    }
}

/// As a container image may have it: Lambda starts the function with the name of a handler.
#[test]
fn where_there_is_a_runtime_api_other_arguments_mean_nothing() {
    let api = Api::start();
    let mut command = Command::new(function());
    command.env_clear().env("AWS_LAMBDA_RUNTIME_API", api.address()).arg("handler");
    command.env("SLUICE_CONNECTION_PASSWORD", "s3cret").envs(FUNCTION);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let posted = api.serve(&mut child, &[event(r#"{"amount":"1"}"#)], 1);
    let output = stop(child);
    assert_eq!(posted[0].body, r#"{"batchItemFailures":[]}"#, "{output:?}");
}

/// An emulator of Lambda may set less than Lambda does.
#[test]
fn a_variable_that_lambda_always_sets_is_named_if_it_is_missing() {
    let refused = |without: &str, with: &[(&str, &str)]| {
        let mut command = Command::new(function());
        command.env_clear().env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1").envs(FUNCTION);
        let output = command.env_remove(without).envs(with.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    for name in ["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION"] {
        assert!(refused(name, &[]).contains(&format!("{name} is not set")), "{name}");
    }
    let size = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";
    assert!(refused("", &[(size, "much")]).contains("is not a number of megabytes"));
}
