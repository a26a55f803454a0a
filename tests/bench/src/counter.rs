//! A wire to the server that counts what is asked of it: every answer of PostgreSQL's ends with
//! `ReadyForQuery` ("Message Flow" in the protocol's documentation), and what a client sends before
//! it reads again is one round trip.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

type Failed = Box<dyn Error + Sync + Send>;

/// What was counted.
#[derive(Debug, Default)]
pub struct Counts {
    calls: AtomicU64,
    trips: AtomicU64,
    /// Whether the client spoke last.
    asked: AtomicBool,
}

/// A counting wire.
pub struct Counter {
    /// `127.0.0.1:port`
    pub address: String,
    counts: Arc<Counts>,
    _wires: JoinSet<()>,
}

impl Counter {
    /// Listens, and passes everything on to `server`.
    ///
    /// # Errors
    /// No port is free.
    pub async fn before(server: String) -> Result<Self, Failed> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?.to_string();
        let counts = Arc::new(Counts::default());
        let mut wires = JoinSet::new();
        wires.spawn(serve(listener, server, Arc::clone(&counts)));
        Ok(Self { address, counts, _wires: wires })
    }

    /// Answered statements and round trips since the last time.
    #[must_use]
    pub fn take(&self) -> (u64, u64) {
        let take = |count: &AtomicU64| count.swap(0, Ordering::Relaxed);
        (take(&self.counts.calls), take(&self.counts.trips))
    }
}

async fn serve(listener: TcpListener, server: String, counts: Arc<Counts>) {
    let mut wires = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = TcpStream::connect(&server).await else { continue };
        let _ = client.set_nodelay(true).and(server.set_nodelay(true));
        let ((from_client, to_client), (from_server, to_server)) =
            (client.into_split(), server.into_split());
        wires.spawn(ask(from_client, to_server, Arc::clone(&counts)));
        wires.spawn(answer(from_server, to_client, Arc::clone(&counts)));
    }
}

async fn ask(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, counts: Arc<Counts>) {
    let mut buffer = vec![0; 256 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        counts.asked.store(true, Ordering::Relaxed);
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}

async fn answer(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, counts: Arc<Counts>) {
    let mut buffer = vec![0; 256 * 1024];
    let mut messages = Messages::default();
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if counts.asked.swap(false, Ordering::Relaxed) {
            counts.trips.fetch_add(1, Ordering::Relaxed);
        }
        counts.calls.fetch_add(messages.ready(&buffer[..length]), Ordering::Relaxed);
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}

/// Where the stream of messages stands: each is a letter, a length that counts itself, and the
/// rest.
#[derive(Default)]
struct Messages {
    head: Vec<u8>,
    rest: usize,
}

impl Messages {
    /// How many messages in these bytes say that the server is ready for the next question.
    fn ready(&mut self, mut bytes: &[u8]) -> u64 {
        let mut ready = 0;
        while !bytes.is_empty() {
            if self.rest > 0 {
                let passed = self.rest.min(bytes.len());
                self.rest -= passed;
                bytes = &bytes[passed..];
                continue;
            }
            self.head.push(bytes[0]);
            bytes = &bytes[1..];
            if let [letter, a, b, c, d] = self.head[..] {
                ready += u64::from(letter == b'Z');
                self.rest = (u32::from_be_bytes([a, b, c, d]) as usize).saturating_sub(4);
                self.head.clear();
            }
        }
        ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_wherever_the_stream_is_cut() {
        let stream = b"T\0\0\0\x06ZZZ\0\0\0\x05IC\0\0\0\x04Z\0\0\0\x05T";
        for cut in 0..stream.len() {
            let mut messages = Messages::default();
            let (one, other) = stream.split_at(cut);
            assert_eq!(messages.ready(one) + messages.ready(other), 2);
        }
    }
}
