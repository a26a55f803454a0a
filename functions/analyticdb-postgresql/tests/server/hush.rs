//! A proxy before the database that stops passing on what is said, and hangs up on nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{self, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::cut::behind;

/// The connections through the proxy.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hush {
    connections: Arc<AtomicUsize>,
    /// The first so many of the connections are not passed on any more.
    silent: Arc<AtomicUsize>,
}

impl Hush {
    /// A proxy, and an address of the same database in the clear that leads through it.
    pub(crate) async fn before(url: &str) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("the loopback works");
        let port = listener.local_addr().expect("the loopback works").port();
        let (server, url) = behind(url, port);
        let hush = Self::default();
        let accepting = hush.clone();
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.expect("the loopback works");
                let server = TcpStream::connect(("127.0.0.1", server)).await;
                let nth = accepting.connections.fetch_add(1, Ordering::Relaxed);
                let hush = accepting.clone();
                tokio::spawn(async move { hush.pass(client, server?, nth).await });
            }
        });
        (hush, url)
    }

    /// From now on the connections there are hang: what the client says on them is lost.
    pub(crate) fn silence(&self) {
        self.silent.store(self.connections.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    async fn pass(
        self,
        mut client: TcpStream,
        mut server: TcpStream,
        nth: usize,
    ) -> io::Result<()> {
        let (mut from_client, mut from_server) = ([0; 65_536], [0; 65_536]);
        loop {
            tokio::select! {
                read = client.read(&mut from_client) => {
                    let read @ 1.. = read? else { return Ok(()) };
                    if nth >= self.silent.load(Ordering::Relaxed) {
                        server.write_all(&from_client[..read]).await?;
                    }
                }
                read = server.read(&mut from_server) => {
                    let read @ 1.. = read? else { return Ok(()) };
                    client.write_all(&from_server[..read]).await?;
                }
            }
        }
    }
}
