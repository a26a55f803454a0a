//! A proxy before the database that counts how often it is asked something.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mysql_async::Opts;
use tokio::io::{self, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::cut::behind;

/// How often it was the client's turn to speak; whatever was said without an answer in between, in
/// however many pieces, is one turn.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turns {
    taken: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
    /// So many of the connections, the first ones, are no longer passed on.
    silent: Arc<AtomicUsize>,
}

impl Turns {
    /// None yet, and an address of the same database in the clear where they are counted.
    pub(crate) async fn before(url: &str) -> (Self, String) {
        let server = Opts::from_url(url).expect("an address").tcp_port();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("the loopback works");
        let port = listener.local_addr().expect("the loopback works").port();
        let turns = Self::default();
        let counted = turns.clone();
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.expect("the loopback works");
                let server = TcpStream::connect(("127.0.0.1", server)).await;
                let counted = counted.clone();
                let nth = counted.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move { counted.pass(client, server?, nth).await });
            }
        });
        (turns, behind(url, port))
    }

    /// So many since it was asked last.
    pub(crate) fn taken(&self) -> usize {
        self.taken.swap(0, Ordering::Relaxed)
    }

    /// Lets the connections there are hang, as a frozen client finds those whose other end is gone.
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
        let mut is_answered = true;
        loop {
            tokio::select! {
                read = client.read(&mut from_client) => {
                    let read @ 1.. = read? else { return Ok(()) };
                    if nth < self.silent.load(Ordering::Relaxed) {
                        continue;
                    }
                    let turn = std::mem::take(&mut is_answered);
                    self.taken.fetch_add(usize::from(turn), Ordering::Relaxed);
                    server.write_all(&from_client[..read]).await?;
                }
                read = server.read(&mut from_server) => {
                    let read @ 1.. = read? else { return Ok(()) };
                    is_answered = true;
                    client.write_all(&from_server[..read]).await?;
                }
            }
        }
    }
}
