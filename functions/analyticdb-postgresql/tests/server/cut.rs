//! A proxy before the database that loses a connection around its COMMIT.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const COMMIT: &[u8] = b"COMMIT\0";

/// When the first connection through the proxy is cut.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Cut {
    /// The server never sees the COMMIT.
    BeforeCommit,
    /// The client never sees its answer.
    AfterCommit,
    /// As `AfterCommit`, and nobody is let in again.
    AfterCommitForGood,
}

/// An address of the same database, by way of a proxy that cuts once.
pub(crate) async fn through(cut: Cut, url: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("the loopback works");
    let port = listener.local_addr().expect("the loopback works").port();
    let (server, url) = behind(url, port);
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
    url
}

/// The port of an address, and the same address at another port, in the clear.
pub(crate) fn behind(url: &str, port: u16) -> (u16, String) {
    let config: tokio_postgres::Config = url.parse().expect("an address");
    let server = config.get_ports()[0];
    let url = url.replace(&format!(":{server}/"), &format!(":{port}/"));
    let mark = if url.contains('?') { '&' } else { '?' };
    (server, format!("{url}{mark}sslmode=disable"))
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
