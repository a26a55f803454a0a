//! A wire to the server that counts what is asked of it. What a client sends before it reads again
//! is one round trip. A call is one answered statement: every answer of PostgreSQL's ends with
//! `ReadyForQuery` ("Message Flow" in the protocol's documentation), and every command to MariaDB is
//! a packet of sequence number 0 ("MySQL Packets" in MySQL's documentation of its protocol).

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use sluice_tests::database::target::Target;
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
    /// Listens, and passes everything on to the target.
    ///
    /// # Errors
    /// No port is free.
    pub async fn before(target: Target) -> Result<Self, Failed> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?.to_string();
        let counts = Arc::new(Counts::default());
        let mut wires = JoinSet::new();
        wires.spawn(serve(listener, target, Arc::clone(&counts)));
        Ok(Self { address, counts, _wires: wires })
    }

    /// Answered statements and round trips since the last time.
    #[must_use]
    pub fn take(&self) -> (u64, u64) {
        let take = |count: &AtomicU64| count.swap(0, Ordering::Relaxed);
        (take(&self.counts.calls), take(&self.counts.trips))
    }
}

async fn serve(listener: TcpListener, target: Target, counts: Arc<Counts>) {
    let server = target.address();
    let mut wires = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = TcpStream::connect(&server).await else { continue };
        let _ = client.set_nodelay(true).and(server.set_nodelay(true));
        let ((from_client, to_client), (from_server, to_server)) =
            (client.into_split(), server.into_split());
        let (questions, answers) = match target {
            Target::Postgres => (None, Some(Messages::of(target))),
            Target::Mariadb => (Some(Messages::of(target)), None),
        };
        wires.spawn(ask(from_client, to_server, questions, Arc::clone(&counts)));
        wires.spawn(answer(from_server, to_client, answers, Arc::clone(&counts)));
    }
}

async fn ask(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut messages: Option<Messages>,
    counts: Arc<Counts>,
) {
    let mut buffer = vec![0; 256 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        counts.asked.store(true, Ordering::Relaxed);
        counts.add(&mut messages, &buffer[..length]);
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}

async fn answer(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut messages: Option<Messages>,
    counts: Arc<Counts>,
) {
    let mut buffer = vec![0; 256 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if counts.asked.swap(false, Ordering::Relaxed) {
            counts.trips.fetch_add(1, Ordering::Relaxed);
        }
        counts.add(&mut messages, &buffer[..length]);
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}

impl Counts {
    fn add(&self, messages: &mut Option<Messages>, bytes: &[u8]) {
        if let Some(messages) = messages {
            self.calls.fetch_add(messages.calls(bytes), Ordering::Relaxed);
        }
    }
}

/// Where a stream of messages stands. One of PostgreSQL's is a letter, a length that counts itself,
/// and the rest; one of MariaDB's is a length, a number, and the rest.
struct Messages {
    target: Target,
    head: Vec<u8>,
    rest: usize,
}

impl Messages {
    fn of(target: Target) -> Self {
        Self { target, head: Vec::new(), rest: 0 }
    }

    /// How many messages in these bytes are one for each call.
    fn calls(&mut self, mut bytes: &[u8]) -> u64 {
        let mut calls = 0;
        while !bytes.is_empty() {
            if self.rest > 0 {
                let passed = self.rest.min(bytes.len());
                self.rest -= passed;
                bytes = &bytes[passed..];
                continue;
            }
            self.head.push(bytes[0]);
            bytes = &bytes[1..];
            let (is_call, rest) = match (self.target, &self.head[..]) {
                (Target::Postgres, [letter, a, b, c, d]) => {
                    (*letter == b'Z', u32::from_be_bytes([*a, *b, *c, *d]).saturating_sub(4))
                }
                (Target::Mariadb, [a, b, c, number]) => {
                    (*number == 0, u32::from_le_bytes([*a, *b, *c, 0]))
                }
                _ => continue,
            };
            calls += u64::from(is_call);
            self.rest = rest as usize;
            self.head.clear();
        }
        calls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_wherever_the_stream_is_cut() {
        let postgres: &[u8] = b"T\0\0\0\x06ZZZ\0\0\0\x05IC\0\0\0\x04Z\0\0\0\x05T";
        let mariadb: &[u8] = b"\x02\0\0\x01\0\0\x01\0\0\0\x0e\0\0\0\x01\x03\0\0\0ABC";
        for (target, stream) in [(Target::Postgres, postgres), (Target::Mariadb, mariadb)] {
            for cut in 0..stream.len() {
                let mut messages = Messages::of(target);
                let (one, other) = stream.split_at(cut);
                assert_eq!(messages.calls(one) + messages.calls(other), 2, "{target}");
            }
        }
    }
}
