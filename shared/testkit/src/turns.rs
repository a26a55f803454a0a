//! A proxy before a server that counts how often it is asked something, and can fall silent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{self, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How often it was the client's turn to speak; whatever was said without an answer in between, in
/// however many pieces, is one turn.
#[derive(Debug, Clone, Default)]
pub struct Turns {
    taken: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
    /// So many of the connections, the first ones, are no longer passed on.
    silent: Arc<AtomicUsize>,
}

impl Turns {
    /// None yet, of a server at a port of this machine, and the port where they are counted. What
    /// passes must not be encrypted.
    ///
    /// # Panics
    /// The loopback does not work.
    pub async fn before(server: u16) -> (Self, u16) {
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
        (turns, port)
    }

    /// So many since it was asked last.
    #[allow(clippy::must_use_candidate, reason = "asking begins the count anew")]
    pub fn taken(&self) -> usize {
        self.taken.swap(0, Ordering::Relaxed)
    }

    /// Lets the connections there are hang, as a frozen client finds those whose other end is gone.
    pub fn silence(&self) {
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
