//! Records with schemas of a real registry: another client reads them, and an outage of the registry loses nothing.

use serde_json::{Value, json};
use sluice_tests::services::{authority, kafka, repository};
use sluice_tests::wire::proxy::Proxy;
use tokio::process::Command;

use super::stage::{MARIADB, MYSQL, Stage};
use crate::registered::gate::Gate;
use crate::registered::python;
use crate::registered::schemas::{address, keep_compatible, url, url_at};

/// What Confluent's client reads of the table's topic: keys and values by its deserializers.
async fn read_by_another_client(stage: &Stage, format: &str, records: usize) -> Vec<Value> {
    let script = repository().join("tests/acceptance/sourcing/read.py");
    let topic = format!("{}-t", stage.name);
    let mut command = Command::new(python().await);
    command.arg(script).args([&kafka(), &url(), &topic, format, &records.to_string()]);
    let read = command.output().await.expect("Python runs");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let lines = String::from_utf8(read.stdout).expect("text");
    lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

async fn another_client_reads(server: &str) {
    for format in ["avro", "protobuf", "json-schema"] {
        let columns = "id BIGINT AUTO_INCREMENT PRIMARY KEY, note TEXT, amount DECIMAL(38,10) NOT NULL, day DATE, \
             fine DATETIME(6)";
        let stage = Stage::new(server, "source_registered", columns).await;
        let exact = "1234567890123456789012345678.0123456789";
        stage
            .say(&format!(
                "INSERT INTO t VALUES (1, 'é', {exact}, '2026-01-31', '2026-01-31 12:30:00.000001'), \
                 (9223372036854775807, NULL, -0.5, NULL, NULL)"
            ))
            .await;
        let stage = stage.with("VALUE_FORMAT", format).with("SCHEMA_REGISTRY_URL", &url());
        assert_eq!(stage.poll().await["rows"], 2);
        let mut read = read_by_another_client(&stage, format, 2).await;
        read.sort_by_key(|record| record["key"].as_i64());
        let moment = "2026-01-31T12:30:00.000001";
        let expected = [
            json!({ "key": 1, "id": 1, "note": "é", "amount": exact, "day": "2026-01-31", "fine": moment }),
            json!({
                "key": i64::MAX, "id": i64::MAX, "note": null, "amount": "-0.5000000000", "day": null, "fine": null,
            }),
        ];
        assert_eq!(read, expected, "{server}, {format}");
        stage.gone().await;
    }
}

#[tokio::test]
async fn another_client_reads_what_is_written_from_mysql() {
    another_client_reads(MYSQL).await;
}

#[tokio::test]
async fn another_client_reads_what_is_written_from_mariadb() {
    another_client_reads(MARIADB).await;
}

#[tokio::test]
async fn an_outage_of_the_registry_ends_the_poll_and_loses_nothing() {
    let proxy = Proxy::before(&address()).await;
    let columns = "id INT AUTO_INCREMENT PRIMARY KEY, v INT";
    let stage = Stage::new(MYSQL, "source_outage", columns).await;
    stage.say("INSERT INTO t (v) VALUES (1), (2)").await;
    let stage = stage
        .with("VALUE_FORMAT", "avro")
        .with("KEY_FORMAT", "json")
        .with("SCHEMA_REGISTRY_URL", &url_at(&proxy.address()));
    proxy.shut().await;
    let run = stage.invoke().await;
    assert_eq!(run.code, Some(1), "{run:#?}");
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains("Sluice.Transient") && said.contains("the schema registry"), "{run:#?}");
    assert_eq!(stage.records("t").await.len(), 0);
    assert_eq!(stage.records_of("offsets", 1).await.len(), 0, "no offset is stored");
    proxy.open().await;
    assert_eq!(stage.poll().await["rows"], 2);
    assert_eq!(stage.records("t").await.len(), 2);
    stage.gone().await;
}

#[tokio::test]
async fn a_schema_that_is_not_compatible_stops_its_table_and_the_others_are_read() {
    let columns = "id INT AUTO_INCREMENT PRIMARY KEY, v INT";
    let stage = Stage::new(MYSQL, "source_refused", columns).await;
    stage.say(&format!("CREATE TABLE other ({columns})")).await;
    let topic = stage.topic("other").await;
    for table in ["t", "other"] {
        stage.say(&format!("INSERT INTO {table} (v) VALUES (1)")).await;
    }
    let stage = stage
        .with("VALUE_FORMAT", "avro")
        .with("TABLE_WHITELIST", "t,other")
        .with("SCHEMA_REGISTRY_URL", &url());
    assert_eq!(stage.poll().await["rows"], 2);
    let subject = format!("{}-t-value", stage.name);
    keep_compatible(&subject).await;
    for table in ["t", "other"] {
        stage
            .say(&format!(
                "ALTER TABLE {table} MODIFY v TEXT; INSERT INTO {table} (v) VALUES ('x')"
            ))
            .await;
    }
    let run = stage.invoke().await;
    assert_eq!(run.code, Some(1), "{run:#?}");
    let says =
        format!("{}.t: the schema registry refuses a new version of {subject}: ", stage.name);
    assert!(format!("{}{}", run.stdout, run.stderr).contains(&says), "{run:#?}");
    assert_eq!((stage.records("t").await.len(), stage.records("other").await.len()), (1, 2));
    let _ = stage.kafka.admin().delete_topics(&[topic], Default::default()).await;
    stage.gone().await;
}

/// A login that may not use one subject is right for the others.
#[tokio::test]
async fn a_forbidden_subject_stops_its_table_and_the_others_are_read() {
    let columns = "id INT AUTO_INCREMENT PRIMARY KEY, v INT";
    let stage = Stage::new(MYSQL, "source_forbidden", columns).await;
    stage.say(&format!("CREATE TABLE other ({columns})")).await;
    let topic = stage.topic("other").await;
    for table in ["t", "other"] {
        stage.say(&format!("INSERT INTO {table} (v) VALUES (1)")).await;
    }
    let gate = Gate::forbidding(&address(), "writer:right", &format!("{}-t-value", stage.name));
    let stage = stage
        .with("VALUE_FORMAT", "avro")
        .with("TABLE_WHITELIST", "t,other")
        .with("SCHEMA_REGISTRY_URL", &gate.url())
        .with("SCHEMA_REGISTRY_SSL_CA_LOCATION", &authority())
        .with("SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO", "writer:right");
    let run = stage.invoke().await;
    assert_eq!(run.code, Some(1), "{run:#?}");
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains(&format!("{}.t: ", stage.name)) && said.contains("403"), "{run:#?}");
    assert_eq!((stage.records("t").await.len(), stage.records("other").await.len()), (0, 1));
    let allowing = Gate::before(&address(), "writer:right");
    let stage = stage.with("SCHEMA_REGISTRY_URL", &allowing.url());
    assert_eq!(stage.poll().await["rows"], 1, "allowed now");
    assert_eq!(stage.records("t").await.len(), 1);
    let _ = stage.kafka.admin().delete_topics(&[topic], Default::default()).await;
    stage.gone().await;
}

#[tokio::test]
async fn a_schema_that_is_only_looked_up_must_be_there() {
    let columns = "id INT AUTO_INCREMENT PRIMARY KEY, v INT";
    let stage = Stage::new(MYSQL, "source_looked_up", columns).await;
    stage.say("INSERT INTO t (v) VALUES (1)").await;
    let stage = stage
        .with("VALUE_FORMAT", "avro")
        .with("SCHEMA_REGISTRY_URL", &url())
        .with("AUTO_REGISTER_SCHEMAS", "false");
    let run = stage.invoke().await;
    assert_eq!(run.code, Some(1), "{run:#?}");
    let says = format!(".t: the schema registry does not have the schema in {}-t-key", stage.name);
    assert!(format!("{}{}", run.stdout, run.stderr).contains(&says), "{run:#?}");
    let stage = stage.with("AUTO_REGISTER_SCHEMAS", "true");
    assert_eq!(stage.poll().await["rows"], 1);
    stage.say("INSERT INTO t (v) VALUES (2)").await;
    let stage = stage.with("AUTO_REGISTER_SCHEMAS", "false");
    assert_eq!(stage.poll().await["rows"], 1, "now it is there");
    stage.gone().await;
}
