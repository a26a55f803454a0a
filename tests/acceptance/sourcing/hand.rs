//! What the source says to a person, and at a start with a wrong configuration.

use serde_json::Value;
use sluice_tests::pipeline::clean_environment;
use sluice_tests::run::{Run, Running};
use sluice_tests::services::binary;
use tokio::process::Command;

use super::stage::{MARIADB, Stage};

async fn said(argument: &str, variables: &[(&str, &str)]) -> Run {
    let mut command = clean_environment(Command::new(binary("mysql-source")));
    command.arg(argument).envs(variables.iter().copied());
    Running::start(command, None).ended().await
}

#[tokio::test]
async fn it_says_what_it_is() {
    let help = said("--help", &[]).await;
    assert_eq!(help.code, Some(0), "{help:#?}");
    for words in ["mysql-source 0.1.0: ", "rows of tables into Kafka", "sluice poll --function"] {
        assert!(help.stdout.contains(words), "nothing of `{words}` in {}", help.stdout);
    }
    assert!(!help.stdout.contains("sluice trigger"), "no topic triggers a source");
    let options: Value = serde_json::from_str(&said("--options", &[]).await.stdout).expect("JSON");
    assert_eq!(options["connector"], "mysql-source");
    let options = options["options"].as_array().expect("a list");
    let required: Vec<_> = options.iter().filter(|option| option["required"] == true).collect();
    let names: Vec<_> = required.iter().map(|option| option["name"].as_str()).collect();
    for name in ["connection.url", "name", "mode", "kafka.bootstrap.servers"] {
        assert!(names.contains(&Some(name)), "{name}: {names:?}");
    }
}

#[tokio::test]
async fn every_problem_is_told_at_once_and_no_secret() {
    let wrong = [
        ("SLUICE_CONNECTION_URL", "oracle://reader:hunter2@db/shop"),
        ("SLUICE_MODE", "sometimes"),
        ("SLUICE_LATE_COMMITS", "never"),
        ("SLUICE_TOPIC_PREFX", "x"),
        ("SLUICE_SCHEMA_REGISTRY_URL", "https://glue.eu-central-1.amazonaws.com"),
        ("SLUICE_SCHEMA_REGISTRY_TYPE", "glue"),
    ];
    let run = said("--check-configuration", &wrong).await;
    assert_eq!(run.code, Some(1), "{run:#?}");
    for words in [
        "connection.url must start with mysql://",
        "mode must be one of bulk, incrementing, timestamp, timestamp+incrementing",
        "late.commits must be one of auto, metadata-locks, processes, table-lock, delay",
        "SLUICE_TOPIC_PREFX; did you mean SLUICE_TOPIC_PREFIX?",
        "kafka.bootstrap.servers is required",
        "schema.registry.url needs value.format=avro, protobuf or json-schema",
        "schema.registry.type=glue: a source registers schemas in subjects",
        "name is required",
    ] {
        assert!(run.stdout.contains(words), "nothing of `{words}` in {}", run.stdout);
    }
    assert!(!run.stdout.contains("hunter2") && !run.stderr.contains("hunter2"), "{run:#?}");
}

#[tokio::test]
async fn a_function_with_a_wrong_configuration_does_not_start() {
    let stage = Stage::new(MARIADB, "source_hand", "id INT AUTO_INCREMENT PRIMARY KEY").await;
    let stage = stage.with("MODE", "sometimes");
    let run = stage.invoke().await;
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("mode must be one of"), "{run:#?}");
    stage.gone().await;
}

#[tokio::test]
async fn a_wrong_configuration_is_told_on_function_compute() {
    let stage = Stage::new(MARIADB, "source_hand_fc", "id INT AUTO_INCREMENT PRIMARY KEY").await;
    let stage = stage.with("MODE", "sometimes");
    let command = stage.poll_command(&["--platform", "function-compute"]);
    let run = Running::start(command, None).ended().await;
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("mode must be one of"), "{run:#?}");
    stage.gone().await;
}
