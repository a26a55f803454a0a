//! The certificates of a registry are replaced while the function runs.

use sluice_tests::services::{authority, repository, until};
use sluice_tests::target::Target;

use super::gate::Gate;
use super::schemas::address;
use super::{schema, value};

#[tokio::test]
async fn a_new_authority_is_found_without_a_restart() {
    let gate = Gate::before(&address(), "reader:right");
    let stranger = repository().join("functions/analyticdb-postgresql/tests/server/stranger.pem");
    let stranger = std::fs::read_to_string(stranger).expect("a certificate");
    let road = super::road(Target::Postgres, "trust", &gate.url()).await;
    let file = road.file("authority.pem", &stranger);
    let road = road
        .with("schema.registry.ssl.ca.location", &file.display().to_string())
        .with("schema.registry.basic.auth.user.info", "reader:right");
    let schema = schema(&road).await;
    road.send([value(schema, 1)]).await;
    let running = road.start(&[]);
    until("the registry is not trusted", async || road.log().contains("certificate")).await;
    assert_eq!(road.rows().await, 0);
    let known = std::fs::read_to_string(authority()).expect("the authority of the services");
    let _ = road.file("authority.pem", &known);
    until("the row is there", async || road.rows().await == 1).await;
    running.stop().await.assert_settled();
    assert_eq!(road.starts().len(), 1);
}
