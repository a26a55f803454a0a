//! The database or the broker goes away in the middle of a table, or before it.

use std::convert::Infallible;
use std::time::Duration;

use sluice_tests::services;
use sluice_tests::wire::proxy::Proxy;
use tokio::time::sleep;

use super::once::{COLUMNS, assert_once, fill};
use super::stage::{MARIADB, MYSQL, Stage};

/// Also the connection of a function that has just started.
async fn cut_every(proxy: &Proxy, pause: Duration) -> Infallible {
    loop {
        sleep(pause).await;
        proxy.cut();
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_leaves_neither_gap_nor_double() {
    const ROWS: usize = 20_000;
    for server in [MARIADB, MYSQL] {
        let stage = Stage::new(server, "source_cut", COLUMNS).await;
        fill(&stage, ROWS).await;
        let proxy = Proxy::before(&stage.address()).await;
        let url = stage.url().replace(&stage.address(), &proxy.address());
        let stage = stage.with("CONNECTION_URL", &url).with("BATCH_MAX_ROWS", "300");
        // Long enough to be cut, also on a fast machine.
        let stage = stage.with("MAX_ROWS_PER_SECOND", "20000");
        for pause in [100, 200, 300] {
            let run = tokio::select! {
                run = stage.invoke() => run,
                never = cut_every(&proxy, Duration::from_millis(pause)) => match never {},
            };
            assert_eq!(run.code, Some(1), "{run:#?}");
            assert!(run.stderr.contains("Sluice.Transient"), "{run:#?}");
        }
        stage.poll_all().await;
        assert_once(&stage.values().await, ROWS, server);
        stage.gone().await;
    }
}

#[tokio::test]
async fn a_database_that_is_away_costs_nothing() {
    for server in [MARIADB, MYSQL] {
        let stage = Stage::new(server, "source_away", COLUMNS).await;
        fill(&stage, 500).await;
        let proxy = Proxy::before(&stage.address()).await;
        let url = stage.url().replace(&stage.address(), &proxy.address());
        let stage = stage.with("CONNECTION_URL", &url);
        proxy.shut().await;
        let run = stage.invoke().await;
        assert_eq!(run.code, Some(1), "{run:#?}");
        assert!(run.stderr.contains("Sluice.Transient"), "{run:#?}");
        proxy.open().await;
        assert_eq!(stage.poll().await["rows"], 500);
        assert_once(&stage.values().await, 500, server);
        stage.gone().await;
    }
}

/// It ends every connection at several moments of an invocation, and refuses new ones for a while.
#[tokio::test]
async fn a_broker_that_goes_and_comes_back_leaves_neither_gap_nor_double() {
    const ROWS: usize = 20_000;
    let proxy = Proxy::before(&services::kafka()).await;
    let stage = Stage::new(MYSQL, "source_broker", COLUMNS).await;
    let stage = stage
        .with("KAFKA_BOOTSTRAP_SERVERS", &proxy.address())
        .with("MAX_ROWS_PER_SECOND", "20000")
        .with("BATCH_MAX_ROWS", "300");
    fill(&stage, ROWS).await;
    let mut failures = 0;
    for delay in [200, 400, 600] {
        let (run, ()) = tokio::join!(stage.invoke(), async {
            sleep(Duration::from_millis(delay)).await;
            proxy.shut().await;
            sleep(Duration::from_millis(500)).await;
            proxy.open().await;
        });
        if run.code != Some(0) {
            failures += 1;
            assert!(run.stderr.contains("Sluice.Transient"), "{run:#?}");
        }
    }
    stage.poll_all().await;
    assert_once(&stage.values().await, ROWS, &format!("{failures} invocations failed"));
    stage.gone().await;
}
