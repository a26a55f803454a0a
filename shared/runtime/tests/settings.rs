//! Where options come from, and which of two wins.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use sluice_bridge::options::{Opt, Settings};
use sluice_runtime::gather;

const MODE: Opt = Opt::new("insert.mode", "").or("insert");
const RETRIES: Opt = Opt::new("max.retries", "").or("3");
const PASSWORD: Opt = Opt::new("connection.password", "");
const REGION: Opt = Opt::new("kafka.aws.region", "");
const KNOWN: &[&Opt] = &[&MODE, &RETRIES, &PASSWORD, &REGION];

fn given(environment: &[(&str, &str)]) -> Settings {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    gather(KNOWN, &environment.iter().map(owned).collect::<Vec<_>>())
}

fn problems(environment: &[(&str, &str)]) -> Vec<String> {
    given(environment).check().unwrap_err().0
}

/// A file that lasts as long as the test.
struct Temporary(PathBuf);

impl Temporary {
    fn new(text: &str) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "sluice-settings-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn variables_win_over_the_file_and_the_file_over_defaults() {
    let file = Temporary::new("insert.mode=upsert\nmax.retries=7\n");
    let settings = given(&[("SLUICE_MAX_RETRIES", "9"), ("SLUICE_CONFIG", file.path())]);
    assert_eq!((settings.text(&MODE), settings.text(&RETRIES)), (Some("upsert"), Some("9")));
    assert_eq!(settings.check(), Ok(()));
}

#[test]
fn a_json_object_stands_for_a_file() {
    let object = r#" {"insert.mode": "upsert", "max.retries": 7}"#;
    let settings = given(&[("SLUICE_MAX_RETRIES", "9"), ("SLUICE_CONFIG", object)]);
    assert_eq!((settings.text(&MODE), settings.text(&RETRIES)), (Some("upsert"), Some("9")));
    assert_eq!(settings.check(), Ok(()));
    let torn = problems(&[("SLUICE_CONFIG", r#"{"connection.password": "hunter2"#)]);
    assert!(torn[0].starts_with("SLUICE_CONFIG: not valid JSON at line 1"), "{torn:?}");
    assert!(!torn[0].contains("hunter2"), "{torn:?}");
}

#[test]
fn a_variable_is_an_option_by_its_prefix_only() {
    let settings = given(&[("INSERT_MODE", "upsert"), ("insert.mode", "update"), ("PATH", "/bin")]);
    assert_eq!(settings.text(&MODE), Some("insert"));
    assert_eq!(settings.check(), Ok(()));
}

#[test]
fn files_have_three_forms() {
    let forms = [
        "insert.mode: upsert\nmax.retries:7\nconnection.password = a=b#c",
        "# a comment\n! another\n\n  insert.mode = upsert \r\nmax.retries=7\nconnection.password=a=b#c",
        r#" {"insert.mode": "upsert", "max.retries": 7, "connection.password": "a=b#c"}"#,
        r#"{"config": {"insert.mode": "upsert", "max.retries": "7", "connection.password": "a=b#c"}}"#,
    ];
    for form in forms {
        let file = Temporary::new(form);
        let settings = given(&[("SLUICE_CONFIG", file.path())]);
        let found = [&MODE, &RETRIES, &PASSWORD].map(|opt| settings.text(opt));
        assert_eq!(found, [Some("upsert"), Some("7"), Some("a=b#c")], "{form}");
        assert_eq!(settings.check(), Ok(()));
    }
}

#[test]
fn connects_form_names_the_connector() {
    const NAME: Opt = Opt::new("name", "");
    let file = Temporary::new(r#"{"name": "orders", "config": {"insert.mode": "upsert"}}"#);
    let environment = [("SLUICE_CONFIG".to_owned(), file.path().to_owned())];
    let settings = gather(&[&NAME, &MODE], &environment);
    assert_eq!((settings.text(&NAME), settings.text(&MODE)), (Some("orders"), Some("upsert")));
    assert_eq!(settings.check(), Ok(()));
}

#[test]
fn a_file_that_cannot_be_used_is_named_and_not_quoted() {
    let cases = [
        ("{\"connection.password\": \"s3cret\"", "not valid JSON at line 1"),
        ("{\"connection.password\": [\"s3cret\"]}", "connection.password must be text"),
        (
            "{\"config\": {\"connection.password\": {\"a\": \"s3cret\"}}}",
            "connection.password must be text",
        ),
    ];
    for (text, why) in cases {
        let file = Temporary::new(text);
        let problems = problems(&[("SLUICE_CONFIG", file.path())]);
        assert!(problems.len() == 1 && problems[0].contains(why), "{problems:?}");
        assert!(problems[0].contains(file.path()) && !problems[0].contains("s3cret"));
    }
    let problems = problems(&[("SLUICE_CONFIG", "/no/such/file")]);
    assert!(problems[0].starts_with("SLUICE_CONFIG: /no/such/file: "), "{problems:?}");
}

#[test]
fn an_empty_file_name_is_no_file() {
    assert_eq!(given(&[("SLUICE_CONFIG", "")]).check(), Ok(()));
}

#[test]
fn an_unknown_option_is_named_with_the_nearest_known() {
    let file = Temporary::new("insert.mod=upsert");
    let problems = problems(&[("SLUICE_MAX_RETRY", "s3cret"), ("SLUICE_CONFIG", file.path())]);
    let expected = [
        "unknown option insert.mod; did you mean insert.mode?",
        "unknown option SLUICE_MAX_RETRY; did you mean SLUICE_MAX_RETRIES?",
    ];
    assert_eq!(problems, expected);
}

#[test]
fn references_are_read_wherever_they_stand() {
    let secrets = Temporary::new("password=s3=cret");
    let reference =
        format!("connection.password=${{file:{}:password}}-${{env:TAIL}}", secrets.path());
    let file = Temporary::new(&reference);
    let environment = [
        ("SLUICE_CONFIG", file.path()),
        ("TAIL", "${env:PATH}"),
        ("SLUICE_INSERT_MODE", "${env:M}"),
        ("M", "upsert"),
    ];
    let settings = given(&environment);
    let password = settings.text(&PASSWORD);
    assert_eq!(password, Some("s3=cret-${env:PATH}"), "what a reference gives is not read again");
    assert_eq!(settings.text(&MODE), Some("upsert"));
    assert_eq!(settings.check(), Ok(()));
}

#[test]
fn a_reference_that_leads_nowhere_is_named_with_its_option() {
    let secrets = Temporary::new(r#"{"password": "s3cret"}"#);
    let missing = format!("${{file:{}:passwort}}", secrets.path());
    let cases = [
        ("${env:NO_SUCH}", "has no variable NO_SUCH"),
        ("${vault:a/b}", "a provider other than env, file"),
        ("${file:/no/such/file:key}", "/no/such/file"),
        ("${file:nokey}", "${file:path:key}"),
        (&missing, " has no key passwort"),
    ];
    for (reference, why) in cases {
        let problems = problems(&[("SLUICE_CONNECTION_PASSWORD", reference)]);
        assert!(problems.len() == 1 && problems[0].contains(why), "{problems:?}");
        assert!(problems[0].starts_with("SLUICE_CONNECTION_PASSWORD: "), "{problems:?}");
        assert!(!problems[0].contains("s3cret"), "{problems:?}");
    }
}

#[test]
fn the_functions_region_is_the_clusters_unless_told() {
    let home = ("AWS_REGION", "eu-west-1");
    assert_eq!(given(&[home]).text(&REGION), Some("eu-west-1"));
    let settings = given(&[("SLUICE_KAFKA_AWS_REGION", "us-east-1"), home]);
    assert_eq!(settings.text(&REGION), Some("us-east-1"));
    let file = Temporary::new("kafka.aws.region=ap-south-1");
    let settings = given(&[home, ("SLUICE_CONFIG", file.path())]);
    assert_eq!(settings.text(&REGION), Some("ap-south-1"));
}

#[test]
fn all_problems_are_told_at_once() {
    let problems = problems(&[
        ("SLUICE_CONFIG", "/no/such/file"),
        ("SLUICE_NO_SUCH", "x"),
        ("SLUICE_INSERT_MODE", "${env:NO}"),
    ]);
    assert_eq!(problems.len(), 3, "{problems:?}");
}

/// Deployment templates cannot leave a variable out.
#[test]
fn an_empty_variable_is_not_set() {
    let file = Temporary::new("insert.mode=upsert");
    let settings = given(&[
        ("SLUICE_CONFIG", file.path()),
        ("SLUICE_INSERT_MODE", ""),
        ("SLUICE_KAFKA_AWS_REGION", ""),
        ("AWS_REGION", "eu-west-1"),
    ]);
    assert_eq!(settings.text(&MODE), Some("upsert"));
    assert_eq!(settings.text(&REGION), Some("eu-west-1"));
}

/// A line that lost its name may be a secret: only its number is told.
#[test]
fn a_line_without_a_name_is_told_by_its_number() {
    let file = Temporary::new("insert.mode=upsert\nconnection.password s3cret\n");
    let problems = problems(&[("SLUICE_CONFIG", file.path())]);
    assert!(problems.len() == 1 && problems[0].contains("line 2 has no ="), "{problems:?}");
    assert!(!problems[0].contains("s3cret"), "{problems:?}");
}

#[test]
fn a_line_may_go_on_and_a_byte_order_mark_is_none_of_it() {
    let file = Temporary::new("\u{feff}insert.mode = up\\\n   sert\n");
    let settings = given(&[("SLUICE_CONFIG", file.path())]);
    assert_eq!(settings.text(&MODE), Some("upsert"));
    assert_eq!(settings.check(), Ok(()));
}

#[test]
fn what_only_a_worker_needs_is_left_out() {
    let config = r#"{"config": {"connector.class": "x", "tasks.max": 4, "insert.mode": "upsert"}}"#;
    let file = Temporary::new(config);
    let settings = given(&[("SLUICE_CONFIG", file.path())]);
    assert_eq!(settings.text(&MODE), Some("upsert"));
    assert_eq!(settings.check(), Ok(()));
}
