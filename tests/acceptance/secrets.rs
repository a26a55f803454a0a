//! Secrets from AWS, through a stand-in of the extension's endpoint (`sluice_tests::extension` says
//! what it does not prove), and passwords that change while the function runs.

use sluice_tests::database::refusal::Refusal;
use sluice_tests::database::target::Target;
use sluice_tests::extension::{Extension, TOKEN};
use sluice_tests::pipeline::{Pipeline, sluice};
use sluice_tests::run::{Run, Running};
use sluice_tests::services::{binary, pgbouncer, repository, until};

const FIRST: &str = "hunter-one";
const SECOND: &str = "hunter-two";
const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/writer-AbCdEf";

/// A pipeline whose function logs in as a user of its own, by the secret.
async fn pipeline(target: Target, what: &str, extension: &Extension) -> Pipeline {
    let pipeline = Pipeline::to(target, what, 1, "id int PRIMARY KEY").await;
    let name = pipeline.name.clone();
    for statement in
        [target.let_only_read(&name), target.let_write(&name), target.set_password(&name, FIRST)]
    {
        pipeline.sql(&statement).await;
    }
    let mut pipeline = pipeline
        .with("name", &name)
        .with("connection.url", &target.url_without_login())
        .with("connection.user", &format!("${{secretsmanager:{ARN}:username}}"))
        .with("connection.password", &format!("${{secretsmanager:{ARN}:password}}"));
    for (name, value) in extension.variables() {
        pipeline.variable(name, &value);
    }
    set_password(&pipeline, extension, FIRST);
    pipeline
}

fn set_password(pipeline: &Pipeline, extension: &Extension, password: &str) {
    let secret = format!(r#"{{"username":"{}","password":"{password}"}}"#, pipeline.name);
    extension.set(ARN, &secret);
}

/// Changes the user's password and ends its sessions, as a fail-over or an idle timeout would.
async fn rotate(pipeline: &Pipeline, password: &str) {
    pipeline.sql(&pipeline.target.set_password(&pipeline.name, password)).await;
    pipeline.sql(&pipeline.target.terminate(&pipeline.name)).await;
}

fn assert_untold(run: &Run) {
    for secret in [FIRST, SECOND, TOKEN] {
        assert!(!format!("{run:?}").contains(secret), "{secret} is told: {run:#?}");
    }
}

fn refreshed(extension: &Extension) -> usize {
    extension.requests().iter().filter(|target| target.contains("refreshNow=true")).count()
}

async fn a_rotated_password_heals_within_one_invocation(target: Target) {
    let extension = Extension::start(0);
    let pipeline = pipeline(target, "rotation", &extension).await;
    pipeline.send_values([r#"{"id":1}"#]).await;
    let running = pipeline.start(&[]);
    until("the first row is there", async || pipeline.rows().await == 1).await;
    assert_eq!(extension.requests().len(), 1, "two fields of one secret are one request");
    rotate(&pipeline, SECOND).await;
    set_password(&pipeline, &extension, SECOND);
    pipeline.send_values([r#"{"id":2}"#]).await;
    until("the second row is there", async || pipeline.rows().await == 2).await;
    let run = running.stop().await;
    assert_eq!(
        (run.count("retries"), run.count("written")),
        (0, 2),
        "within the invocation: {run:#?}"
    );
    assert_eq!(pipeline.starts().len(), 1, "the same process");
    assert_eq!((extension.requests().len(), refreshed(&extension)), (2, 1));
    assert_untold(&run);
}

async fn a_wrong_password_gives_everything_back_and_asks_once_an_invocation(target: Target) {
    let extension = Extension::start(0);
    let pipeline = pipeline(target, "wrong", &extension).await;
    set_password(&pipeline, &extension, SECOND);
    pipeline.send_values([r#"{"id":1}"#]).await;
    let run = pipeline.drain(&["--max-retries", "2"]).await;
    assert_eq!(
        (run.code, run.count("given_up"), pipeline.rows().await),
        (Some(1), 1, 0),
        "{run:#?}"
    );
    let lines = run.lines();
    assert_eq!(lines.len(), 3, "{run:#?}");
    for line in &lines {
        let error = line["error"].as_str().expect("it failed");
        assert_eq!(line["error_type"], "Sluice.Unauthorized");
        assert!(error.contains(Refusal::Login.code(target)), "{error}");
        assert!(error.contains("read again"), "{error}");
    }
    let requests = extension.requests();
    assert_eq!((requests.len(), refreshed(&extension)), (1 + 3, 3), "{requests:?}");
    assert_untold(&run);
}

async fn an_endpoint_that_is_not_ready_before_the_first_invocation_is_waited_for(target: Target) {
    let extension = Extension::start(4);
    let pipeline = pipeline(target, "ready", &extension).await;
    pipeline.send_values([r#"{"id":1}"#]).await;
    let run = pipeline.drain(&[]).await;
    run.assert_settled();
    assert_eq!((pipeline.rows().await, run.count("retries")), (1, 0), "{run:#?}");
    assert_eq!(extension.requests().len(), 5);
}

async fn a_denied_secret_is_named_and_the_record_waits(target: Target) {
    let extension = Extension::start(0);
    let pipeline = pipeline(target, "denied", &extension).await;
    extension.deny(ARN);
    pipeline.send_values([r#"{"id":1}"#]).await;
    let run = pipeline.drain(&["--max-retries", "1"]).await;
    assert_eq!((run.code, run.count("given_up")), (Some(1), 1), "{run:#?}");
    for line in &run.lines() {
        let error = line["error"].as_str().expect("it failed");
        assert_eq!(line["error_type"], "Sluice.Secret");
        assert!(error.contains(ARN) && error.contains("secretsmanager:GetSecretValue"), "{error}");
    }
    assert_untold(&run);
}

async fn a_parameter_is_a_password_too_and_old_values_are_asked_for_again(target: Target) {
    let extension = Extension::start(0);
    let mut pipeline = pipeline(target, "parameter", &extension).await;
    extension.set("/prod/writer/password", FIRST);
    pipeline.set("connection.user", &pipeline.name.clone());
    pipeline.set("connection.password", "${ssm:/prod/writer/password}");
    pipeline.variable("SSM_PARAMETER_STORE_TTL", "0");
    pipeline.send_values([r#"{"id":1}"#]).await;
    let running = pipeline.start(&[]);
    until("the first row is there", async || pipeline.rows().await == 1).await;
    pipeline.send_values([r#"{"id":2}"#]).await;
    until("the second row is there", async || pipeline.rows().await == 2).await;
    running.stop().await.assert_settled();
    let requests = extension.requests();
    assert_eq!(requests.len(), 3, "at the start, then for each invocation: {requests:?}");
    let expected =
        "/systemsmanager/parameters/get?name=%2Fprod%2Fwriter%2Fpassword&withDecryption=true";
    assert!(requests.iter().all(|target| target == expected), "{requests:?}");
}

async fn a_password_file_that_changes_is_read_again(target: Target) {
    let extension = Extension::start(0);
    let mut pipeline = pipeline(target, "file", &extension).await;
    let path = pipeline.file("secrets", &format!("password={FIRST}"));
    let reference = format!("${{file:{}:password}}", path.display());
    pipeline.set("connection.user", &pipeline.name.clone());
    pipeline.set("connection.password", &reference);
    pipeline.send_values([r#"{"id":1}"#]).await;
    let running = pipeline.start(&[]);
    until("the first row is there", async || pipeline.rows().await == 1).await;
    rotate(&pipeline, SECOND).await;
    let _ = pipeline.file("secrets", &format!("password={SECOND}"));
    pipeline.send_values([r#"{"id":2}"#]).await;
    until("the second row is there", async || pipeline.rows().await == 2).await;
    let run = running.stop().await;
    assert_eq!((run.count("retries"), extension.requests().len()), (0, 0), "{run:#?}");
    assert_untold(&run);
}

/// A pooler has a code of its own for what PostgreSQL, the database that it pools, calls 28P01.
#[tokio::test]
async fn a_pooler_that_refuses_the_login_is_understood() {
    let url = pgbouncer();
    let (_, address) = url.rsplit_once('@').expect("a URL with a user");
    for user in ["sluice", "nobody"] {
        let mut command = sluice();
        command
            .args(["invoke", "--timeout", "10s", "--function"])
            .arg(binary(Target::Postgres.connector()))
            .arg("--event")
            .arg(repository().join("tests/events/orders.json"))
            .env("SLUICE_CONNECTION_URL", format!("postgresql://{user}:{FIRST}@{address}"));
        let run = Running::start(command, None).ended().await;
        assert!(run.stderr.contains("Sluice.Unauthorized: cannot connect"), "{run:#?}");
        assert_untold(&run);
    }
}

sluice_tests::on_each_target! {
    a_rotated_password_heals_within_one_invocation,
    a_wrong_password_gives_everything_back_and_asks_once_an_invocation,
    an_endpoint_that_is_not_ready_before_the_first_invocation_is_waited_for,
    a_denied_secret_is_named_and_the_record_waits,
    a_parameter_is_a_password_too_and_old_values_are_asked_for_again,
    a_password_file_that_changes_is_read_again,
}
