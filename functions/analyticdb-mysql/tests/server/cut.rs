//! A proxy before the database that loses a connection around its COMMIT.

use mysql_async::Opts;
use sluice_testkit::turns::Turns;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const COMMIT: &[u8] = b"\x03COMMIT";

/// When the first connection through the proxy is cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cut {
    /// The server never sees the COMMIT.
    BeforeCommit,
    /// The client never sees its answer.
    AfterCommit,
}

/// An address of the same database in the clear, by way of a proxy that cuts once.
pub(crate) async fn through(cut: Cut, url: &str) -> String {
    let server = Opts::from_url(url).expect("an address").tcp_port();
    behind(url, proxy(server, cut).await)
}

/// An address of the same database in the clear, by way of a proxy that counts turns.
pub(crate) async fn counted(url: &str) -> (Turns, String) {
    let server = Opts::from_url(url).expect("an address").tcp_port();
    let (turns, port) = Turns::before(server).await;
    (turns, behind(url, port))
}

/// An address of the same database in the clear, by way of another port.
pub(crate) fn behind(url: &str, port: u16) -> String {
    let server = Opts::from_url(url).expect("an address").tcp_port();
    format!("{}?ssl-mode=DISABLED", url.replace(&format!(":{server}/"), &format!(":{port}/")))
}

async fn proxy(server: u16, cut: Cut) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("the loopback works");
    let port = listener.local_addr().expect("the loopback works").port();
    tokio::spawn(async move {
        let (client, _) = listener.accept().await.expect("the loopback works");
        let to = TcpStream::connect(("127.0.0.1", server)).await.expect("the loopback works");
        cut_one(client, to, cut).await;
        loop {
            let (mut client, _) = listener.accept().await.expect("the loopback works");
            let to = TcpStream::connect(("127.0.0.1", server)).await;
            let mut to = to.expect("the loopback works");
            tokio::spawn(
                async move { tokio::io::copy_bidirectional(&mut client, &mut to).await.ok() },
            );
        }
    });
    port
}

async fn cut_one(mut client: TcpStream, mut server: TcpStream, cut: Cut) {
    let holds = |bytes: &[u8]| bytes.windows(COMMIT.len()).any(|window| window == COMMIT);
    let (mut from_client, mut from_server) = ([0; 65_536], [0; 65_536]);
    let mut commits = false;
    loop {
        tokio::select! {
            read = client.read(&mut from_client) => {
                let bytes = &from_client[..read.expect("the loopback works")];
                commits = holds(bytes);
                if cut == Cut::BeforeCommit && commits {
                    return;
                }
                server.write_all(bytes).await.expect("the loopback works");
            }
            read = server.read(&mut from_server) => {
                let bytes = &from_server[..read.expect("the loopback works")];
                if commits {
                    return;
                }
                client.write_all(bytes).await.expect("the loopback works");
            }
        }
    }
}
