//! What the function says before its first record: every problem at once, and never a secret.

use std::process::Stdio;

use serde_json::Value;
use sluice_tests::database::refusal::Refusal;
use sluice_tests::database::target::Target;
use sluice_tests::pipeline::{Pipeline, clean_environment, sluice};
use sluice_tests::run::{Run, Running};
use sluice_tests::services::{binary, repository};
use tokio::process::Command;

const SECRET: &str = "hunter2";

/// Starts the function with these variables and nothing else, and invokes it once.
async fn start(target: Target, variables: &[(&str, &str)]) -> Run {
    let mut command = sluice();
    command
        .args(["invoke", "--timeout", "10s", "--function"])
        .arg(binary(target.connector()))
        .arg("--event")
        .arg(repository().join("tests/events/orders.json"))
        .envs(variables.iter().copied());
    let run = Running::start(command, None).ended().await;
    assert!(!run.stdout.contains(SECRET) && !run.stderr.contains(SECRET), "{run:#?}");
    run
}

#[track_caller]
fn assert_says(run: &Run, all: &[&str]) {
    assert_eq!(run.code, Some(2), "{run:#?}");
    for words in all {
        assert!(run.stderr.contains(words), "nothing of `{words}` in {}", run.stderr);
    }
}

async fn every_problem_at_once(target: Target) {
    let variables = [
        ("SLUICE_CONNECTION_URL", "oracle://writer:hunter2@db/shop"),
        ("SLUICE_CONNECTION_PASSWORD", "${vault:hunter}"),
        ("SLUICE_INSERT_MOED", "upsert"),
        ("SLUICE_INSERT_MODE", "merge"),
        ("SLUICE_DELETE_ENABLED", "true"),
        ("SLUICE_MAX_RETRIES", "-1"),
        ("SLUICE_ERRORS_TOLERANCE", "all"),
        ("SLUICE_KAFKA_BOOTSTRAP_SERVERS", "localhost"),
        ("SLUICE_KAFKA_SASL_PASSWORD", SECRET),
    ];
    let run = start(target, &variables).await;
    let problems = [
        "connection.url must start with",
        "SLUICE_CONNECTION_PASSWORD: ",
        "unknown option SLUICE_INSERT_MOED; did you mean SLUICE_INSERT_MODE?",
        "insert.mode must be one of insert, upsert, update, not `merge`",
        "delete.enabled=true needs pk.mode=record_key",
        "max.retries must be",
        "errors.deadletterqueue.topic.name",
        "kafka.bootstrap.servers must be host:port",
        "kafka.sasl.password needs kafka.security.protocol",
    ];
    assert_says(&run, &problems);
    assert_says(&run, &[&format!("{} problems", problems.len())]);
}

async fn what_would_lose_or_loop_is_refused(target: Target) {
    let url = format!("{}://writer:hunter2@db/shop", target.scheme());
    let url = ("SLUICE_CONNECTION_URL", url.as_str());
    let dead = ("SLUICE_ERRORS_DEADLETTERQUEUE_TOPIC_NAME", "dead");
    let all = ("SLUICE_ERRORS_TOLERANCE", "all");
    let refused: [(&[(&str, &str)], &str); 7] = [
        (&[url, dead], "errors.tolerance is none"),
        (&[url, dead, all, ("SLUICE_TOPICS", "orders, dead")], "dead"),
        (&[url, ("SLUICE_INSERT_MODE", "upsert")], "need a key"),
        (&[url, ("SLUICE_INSERT_MODE", "update")], "need a key"),
        (&[url, ("SLUICE_CONFIG", "/nowhere/at.all")], "/nowhere/at.all"),
        (&[url, ("SLUICE_SCHEMA_REGISTRY_URL", "ftp://registry")], "neither http:// nor https://"),
        (&[], "connection.url is required; its variable is SLUICE_CONNECTION_URL"),
    ];
    for (variables, says) in refused {
        assert_says(&start(target, variables).await, &[says]);
    }
}

/// However a URL is mangled, its password is not shown.
async fn a_mangled_url_hides_the_password(target: Target) {
    let urls = [
        "SCHEME://u:hunter2@h:port/d",
        "SCHEME://u:hunter2@[h/d",
        "SCHEME://u:hunter2@h/d?sslmode=maybe",
        "SCHEME://u:hunter2@h/d?sslcert=x",
        "SCHEME://u:hunter2%zz@h:x/d",
        "SCHEME://u@h/d?password=hunter2&sslmode=x",
        "jdbc:SCHEME://h/d?user=u&password=hunter2&sslmode=x",
        "SCHEME:u:hunter2@h/d",
        "host=h user=u password=hunter2",
    ];
    for url in urls.map(|url| url.replace("SCHEME", target.scheme())) {
        let run = start(target, &[("SLUICE_CONNECTION_URL", &url)]).await;
        assert_says(&run, &["connection.url"]);
    }
}

async fn a_wrong_password_is_not_shown(target: Target) {
    let url = target.url().replace(&target.password(), SECRET);
    let run = start(target, &[("SLUICE_CONNECTION_URL", &url)]).await;
    assert_eq!(run.code, Some(1), "{run:#?}");
    let code = Refusal::Login.code(target);
    assert!(run.stderr.contains(code), "the code tells what is wrong: {}", run.stderr);
    assert!(run.stderr.contains("\"retries\":0"), "it is not tried again: {}", run.stderr);
}

async fn without_the_runtime_api_it_says_how_to_run_it(target: Target) {
    let mut command = clean_environment(Command::new(binary(target.connector())));
    command.env_remove("AWS_LAMBDA_RUNTIME_API").stdout(Stdio::piped());
    let run = Running::start(command, None).ended().await;
    assert_says(&run, &["AWS_LAMBDA_RUNTIME_API is not set", "sluice trigger", "sluice invoke"]);
}

/// Asked by hand or by `sluice run --check`: everything at once, and no connection.
async fn it_checks_its_configuration(target: Target) {
    let ask = async |options: &[(&str, &str)]| {
        let mut command = clean_environment(Command::new(binary(target.connector())));
        command.env_remove("AWS_LAMBDA_RUNTIME_API").arg("--check-configuration");
        let told = command.envs(options.iter().copied()).output().await.expect("it runs");
        (told.status.code(), String::from_utf8_lossy(&told.stdout).into_owned())
    };
    // Nobody listens there.
    let url = match target {
        Target::Postgres => "postgresql://u:hunter2@192.0.2.1:1/d",
        Target::Mariadb => "mysql://u:hunter2@192.0.2.1:1/d",
    };
    let (code, told) = ask(&[("SLUICE_CONNECTION_URL", url)]).await;
    assert_eq!((code, told.as_str()), (Some(0), "configuration: no problem\n"));
    let wrong = [
        ("SLUICE_INSERT_MODE", "upsrt"),
        ("SLUICE_ERRORS_TOLERANCE", "all"),
        ("SLUICE_LOCK_TIMEOT", "1"),
    ];
    let (code, told) =
        ask(&[&wrong[..], &[("SLUICE_CONNECTION_URL", "http://hunter2")]].concat()).await;
    assert_eq!(code, Some(1), "{told}");
    for option in
        ["insert.mode", "errors.deadletterqueue.topic.name", "SLUICE_LOCK_TIMEOT", "connection.url"]
    {
        assert!(told.contains(option), "{option}: {told}");
    }
    assert!(told.ends_with(" problems\n") && !told.contains("hunter2"), "{told}");
    // Only AWS knows these; nothing is asked of it.
    let remote = [("SLUICE_CONNECTION_URL", "${secretsmanager:db:url}")];
    let (code, told) = ask(&remote).await;
    let expected =
        "not checked: connection.url, whose value is stored in AWS\nconfiguration: no problem\n";
    assert_eq!((code, told.as_str()), (Some(0), expected));
}

async fn it_tells_its_version(target: Target) {
    let mut command = clean_environment(Command::new(binary(target.connector())));
    command.env_remove("AWS_LAMBDA_RUNTIME_API").arg("--version");
    let told = command.output().await.expect("it runs");
    assert_eq!(String::from_utf8_lossy(&told.stdout), concat!(env!("CARGO_PKG_VERSION"), "\n"));
    assert!(told.status.success(), "{told:?}");
}

/// What it says of itself, to a person and to a program.
async fn it_explains_itself(target: Target) {
    let ask = async |argument: &str| {
        let mut command = clean_environment(Command::new(binary(target.connector())));
        command.env_remove("AWS_LAMBDA_RUNTIME_API").arg(argument);
        let told = command.output().await.expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (told.status.code(), text(&told.stdout), text(&told.stderr))
    };
    let (code, help, _) = ask("--help").await;
    assert_eq!(code, Some(0), "{help}");
    let page = format!("functions/{}/README.md", target.connector());
    assert!(help.starts_with(target.connector()) && help.contains(&page), "{help}");
    assert!(help.contains("sluice trigger --function"), "{help}");
    let (code, options, _) = ask("--options").await;
    assert_eq!(code, Some(0), "{options}");
    let document: Value = serde_json::from_str(&options).expect("JSON");
    assert_eq!(document["connector"], target.connector());
    let options = document["options"].as_array().expect("a list");
    let names = |member: &str| -> Vec<&str> {
        let with = options.iter().filter(|option| option[member] == true);
        with.filter_map(|option| option["name"].as_str()).collect()
    };
    assert_eq!(names("required"), ["connection.url"]);
    let secrets = [
        "connection.password",
        "schema.registry.basic.auth.user.info",
        "schema.registry.bearer.auth.token",
        "schema.registry.bearer.auth.client.secret",
        "kafka.sasl.password",
        "kafka.sasl.oauthbearer.client.secret",
    ];
    assert_eq!(names("secret"), secrets);
    let (code, out, errors) = ask("--nonsense").await;
    assert_eq!((code, out.as_str()), (Some(2), ""), "{errors}");
    assert!(errors.contains("unknown argument `--nonsense`"), "{errors}");
}

/// The URL without its password, and the password by reference.
fn split_url(pipeline: &mut Pipeline, reference: &str) {
    let url = pipeline.target.url_of(&pipeline.name);
    pipeline.set("connection.url", &url.replace(&format!(":{}@", pipeline.target.password()), "@"));
    pipeline.set("connection.password", reference);
}

async fn assert_writes(pipeline: &Pipeline) {
    pipeline.send_values(["{\"id\":1}"]).await;
    pipeline.drain(&[]).await.assert_settled();
    assert_eq!(pipeline.column("SELECT id FROM TABLE").await, ["1"]);
}

async fn a_secret_from_a_file(target: Target) {
    let mut pipeline = Pipeline::to(target, "from_file", 1, "id int").await;
    let file = pipeline.file("secrets", &format!("# ours\ndb = {}\n", pipeline.target.password()));
    split_url(&mut pipeline, &format!("${{file:{}:db}}", file.display()));
    assert_writes(&pipeline).await;
}

async fn a_secret_from_the_environment(target: Target) {
    let mut pipeline = Pipeline::to(target, "from_env", 1, "id int").await;
    split_url(&mut pipeline, "${env:TEST_SECRET}");
    pipeline.variable("TEST_SECRET", &target.password());
    assert_writes(&pipeline).await;
}

/// The options of a pipeline that only reads its topic into its table.
fn only_from_file(pipeline: &mut Pipeline, content: impl Fn(&str) -> String) {
    for option in [
        "connection.url",
        "errors.tolerance",
        "errors.deadletterqueue.topic.name",
        "errors.data.topic.name",
    ] {
        pipeline.unset(option);
    }
    let file = pipeline.file("configuration", &content(&pipeline.target.url_of(&pipeline.name)));
    pipeline.variable("SLUICE_CONFIG", file.to_str().expect("a path of text"));
}

async fn a_configuration_as_properties(target: Target) {
    let mut pipeline = Pipeline::to(target, "properties", 1, "id int").await;
    let name = pipeline.name.clone();
    only_from_file(&mut pipeline, |url| {
        format!("! ours\nconnection.url = {url}\n\ntable.name.format={name}\ninsert.mode=upsert\n")
    });
    // A variable wins over the file.
    pipeline.set("insert.mode", "insert");
    assert_writes(&pipeline).await;
}

async fn a_configuration_as_kafka_connect_writes_it(target: Target) {
    let mut pipeline = Pipeline::to(target, "connect", 1, "id int").await;
    only_from_file(&mut pipeline, |url| {
        format!(
            "{{\"name\":\"ours\",\"config\":{{\"connection.url\":\"{url}\",\"max.retries\":2}}}}"
        )
    });
    assert_writes(&pipeline).await;
    assert!(pipeline.log().contains("\"connector\":\"ours\""), "{}", pipeline.log());
}

async fn a_typo_in_a_file_is_named(target: Target) {
    let pipeline = Pipeline::to(target, "typo", 1, "id int").await;
    let content = format!("connection.urk={}://u:hunter2@h/d\n", target.scheme());
    let file = pipeline.file("configuration", &content);
    let run = start(target, &[("SLUICE_CONFIG", file.to_str().expect("a path of text"))]).await;
    assert_says(&run, &["connection.urk", "did you mean connection.url?"]);
}

sluice_tests::on_each_target! {
    every_problem_at_once,
    what_would_lose_or_loop_is_refused,
    a_mangled_url_hides_the_password,
    a_wrong_password_is_not_shown,
    without_the_runtime_api_it_says_how_to_run_it,
    it_checks_its_configuration,
    it_tells_its_version,
    it_explains_itself,
    a_secret_from_a_file,
    a_secret_from_the_environment,
    a_configuration_as_properties,
    a_configuration_as_kafka_connect_writes_it,
    a_typo_in_a_file_is_named,
}
