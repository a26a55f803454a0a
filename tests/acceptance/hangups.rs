//! The trigger's own connections to the brokers are cut.

use sluice_tests::database::target::Target;
use sluice_tests::pipeline::Pipeline;
use sluice_tests::services::{self, until};
use sluice_tests::wire::proxy::Proxy;

const COLUMNS: &str = "id int PRIMARY KEY, n int";

/// The trigger's own connections are cut again and again.
async fn a_broker_that_hangs_up_on_the_trigger(target: Target) {
    let proxy = Proxy::before(&services::kafka()).await;
    let pipeline =
        Pipeline::to(target, "hiccups", 1, COLUMNS).await.upserting().with("max.retries", "1");
    let value = |id: i64| format!("{{\"id\":{id},\"n\":{id}}}");
    pipeline.send_values((0..2000).map(value)).await;
    let address = proxy.address();
    let arguments = ["--bootstrap", &address, "--batch-size", "50", "--batch-window", "10ms"];
    let running = pipeline.start(&arguments);
    for round in 1..=5 {
        let wanted = round * 300;
        until("some more rows", async || pipeline.rows().await >= wanted).await;
        proxy.cut();
    }
    until("all rows", async || pipeline.rows().await == 2000).await;
    proxy.shut().await;
    pipeline.send_values((2000..2100).map(value)).await;
    proxy.open().await;
    until("the rows sent meanwhile", async || pipeline.rows().await == 2100).await;
    running.stop().await.assert_settled();
    let (dead, errors) = pipeline.letters().await;
    assert_eq!((dead.len(), errors.len()), (0, 0), "an outage is no reason for a letter");
}

sluice_tests::on_each_target! {
    a_broker_that_hangs_up_on_the_trigger,
}
