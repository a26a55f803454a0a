//! The connection is lost around the commit: whether it happened is asked, not guessed, so that
//! even plain inserts are neither lost nor doubled.

use sluice_bridge::failure::Fault;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{INSERT, Stage, all_written, configure, deliver, on_stage, service};

const COMMIT: &[u8] = b"COMMIT\0";
const ROWS: [&str; 2] = [r#"{"v":"a"}"#, r#"{"v":"b"}"#];

/// When the first connection through the proxy is cut.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    /// The server never sees the COMMIT.
    BeforeCommit,
    /// The client never sees its answer.
    AfterCommit,
    /// As `AfterCommit`, and nobody is let in again.
    AfterCommitForGood,
}

/// A proxy to the server, which cuts once; its port.
async fn proxy(cut: Cut) -> u16 {
    let config: tokio_postgres::Config =
        service("TEST_POSTGRES").parse().expect("the loopback works");
    let server = config.get_ports()[0];
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("the loopback works");
    let port = listener.local_addr().expect("the loopback works").port();
    tokio::spawn(async move {
        let (client, _) = listener.accept().await.expect("the loopback works");
        cut_one(
            client,
            TcpStream::connect(("127.0.0.1", server)).await.expect("the loopback works"),
            cut,
        )
        .await;
        if cut == Cut::AfterCommitForGood {
            return;
        }
        loop {
            let (mut client, _) = listener.accept().await.expect("the loopback works");
            let mut server =
                TcpStream::connect(("127.0.0.1", server)).await.expect("the loopback works");
            tokio::spawn(async move {
                tokio::io::copy_bidirectional(&mut client, &mut server).await.ok()
            });
        }
    });
    port
}

async fn cut_one(mut client: TcpStream, mut server: TcpStream, cut: Cut) {
    let holds = |bytes: &[u8]| bytes.windows(COMMIT.len()).any(|window| window == COMMIT);
    let (mut from_client, mut from_server) = ([0; 65_536], [0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut from_client) => {
                let bytes = &from_client[..read.expect("the loopback works")];
                if cut == Cut::BeforeCommit && holds(bytes) {
                    return;
                }
                server.write_all(bytes).await.expect("the loopback works");
            }
            read = server.read(&mut from_server) => {
                let bytes = &from_server[..read.expect("the loopback works")];
                if holds(bytes) {
                    return;
                }
                client.write_all(bytes).await.expect("the loopback works");
            }
        }
    }
}

async fn deliver_through(
    stage: &Stage,
    cut: Cut,
) -> Result<sluice_bridge::road::Outcome, sluice_bridge::failure::GivenBack> {
    stage.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (v text)").await;
    let port = proxy(cut).await;
    let config: tokio_postgres::Config =
        service("TEST_POSTGRES").parse().expect("the loopback works");
    let url = stage.url(&[]).replace(&format!(":{}/", config.get_ports()[0]), &format!(":{port}/"));
    let mut sink = configure(&[("connection.url", &format!("{url}&sslmode=disable"))])
        .expect("the loopback works");
    deliver(&mut sink, "t", INSERT, ROWS).await
}

#[test]
fn a_commit_whose_answer_is_lost_has_happened() {
    on_stage("faults_commit_after", async |stage| {
        let delivered = deliver_through(stage, Cut::AfterCommit).await;
        if stage.is_since(100_000).await {
            assert_eq!(delivered, Ok(all_written(2)));
        } else {
            // Such a server cannot be asked: the records come again.
            assert_eq!(delivered.expect_err("nobody knows").error.fault, Fault::Transient);
        }
        assert_eq!(stage.column("SELECT v FROM t ORDER BY v").await, ["a", "b"]);
    });
}

#[test]
fn a_commit_that_never_arrived_has_not() {
    on_stage("faults_commit_before", async |stage| {
        let given_back = deliver_through(stage, Cut::BeforeCommit).await.unwrap_err();
        assert_eq!(given_back.error.fault, Fault::Transient);
        assert_eq!(stage.column("SELECT v FROM t").await, Vec::<String>::new());
    });
}

#[test]
fn where_nobody_can_be_asked_everything_is_given_back() {
    on_stage("faults_commit_alone", async |stage| {
        let given_back = deliver_through(stage, Cut::AfterCommitForGood).await.unwrap_err();
        assert_eq!(given_back.error.fault, Fault::Transient);
    });
}
