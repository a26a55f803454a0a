//! The certificates of a registry are replaced while the function runs.

use sluice_tests::database::target::Target;
use sluice_tests::services::{authority, repository, until};

use super::gate::Gate;
use super::schemas::address;
use super::{schema, value};

#[tokio::test]
async fn a_new_authority_is_found_without_a_restart() {
    let gate = Gate::before(&address(), "reader:right");
    let stranger = repository().join("functions/analyticdb-postgresql/tests/server/stranger.pem");
    let stranger = std::fs::read_to_string(stranger).expect("a certificate");
    let pipeline = super::pipeline(Target::Postgres, "trust", &gate.url()).await;
    let file = pipeline.file("authority.pem", &stranger);
    let pipeline = pipeline
        .with("schema.registry.ssl.ca.location", &file.display().to_string())
        .with("schema.registry.basic.auth.user.info", "reader:right");
    let schema = schema(&pipeline).await;
    pipeline.send([value(schema, 1)]).await;
    let running = pipeline.start(&[]);
    until("the registry is not trusted", async || pipeline.log().contains("certificate")).await;
    assert_eq!(pipeline.rows().await, 0);
    let known = std::fs::read_to_string(authority()).expect("the authority of the services");
    let _ = pipeline.file("authority.pem", &known);
    until("the row is there", async || pipeline.rows().await == 1).await;
    running.stop().await.assert_settled();
    assert_eq!(pipeline.starts().len(), 1);
}
