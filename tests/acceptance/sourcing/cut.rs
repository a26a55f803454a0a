//! The connection to the database is lost in the middle of a table.

use std::time::Duration;

use sluice_tests::proxy::Proxy;

use super::once::{COLUMNS, assert_once, fill};
use super::stage::{MARIADB, MYSQL, Stage};

#[tokio::test]
async fn a_connection_that_is_cut_leaves_neither_gap_nor_double() {
    const ROWS: usize = 20_000;
    for server in [MARIADB, MYSQL] {
        let stage = Stage::new(server, "source_cut", COLUMNS).await;
        fill(&stage, ROWS).await;
        let proxy = Proxy::before(&stage.address()).await;
        let url = stage.url().replace(&stage.address(), &proxy.address());
        let stage = stage.with("CONNECTION_URL", &url).with("BATCH_MAX_ROWS", "300");
        let mut cuts = 0;
        for delay in [200, 300, 400, 500] {
            let (run, ()) = tokio::join!(stage.invoke(), async {
                tokio::time::sleep(Duration::from_millis(delay)).await;
                proxy.cut();
            });
            if run.code == Some(1) {
                cuts += 1;
                assert!(run.stderr.contains("Sluice.Transient"), "{run:#?}");
            }
        }
        assert!(cuts > 0, "no invocation was cut");
        while stage.poll().await["done"] != true {}
        assert_once(&stage.values().await, ROWS, server);
        stage.gone().await;
    }
}
