//! A wire that misbehaves when told to: between the function and a server.
//!
//! A broker tells clients where it is, and they would go there past the proxy; so the address of
//! the server in what it says is replaced by ours, which is of the same length.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

use crate::services;
use crate::wire::conditions::{Conditions, CurrentConditions};
pub use crate::wire::connection::Side;
use crate::wire::connection::Wire;
use crate::wire::hold::{self, After, Held, Hold, find};

/// A TCP proxy in front of one server.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    target: SocketAddr,
    wires: Arc<Wires>,
    listening: Mutex<Option<AbortHandle>>,
}

#[derive(Debug, Default)]
struct Wires {
    open: Mutex<Vec<Arc<Wire>>>,
    kind: Mutex<Vec<Hold>>,
    conditions: CurrentConditions,
}

impl Proxy {
    /// A proxy that passes everything on to `target`, `127.0.0.1:port`.
    ///
    /// # Panics
    /// There is no port to listen on.
    pub async fn before(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let target = target.parse().expect("the servers of the tests have numeric addresses");
        let proxy = Self { address, target, wires: Arc::default(), listening: Mutex::new(None) };
        proxy.serve(listener);
        proxy
    }

    /// `127.0.0.1:port`
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Refuses connections and cuts those that are open. `false` if it did so already.
    pub async fn shut(&self) -> bool {
        let Some(task) = lock(&self.listening).take() else { return false };
        task.abort();
        // The port is free once the task has been dropped.
        while TcpStream::connect(self.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        self.cut();
        true
    }

    /// Accepts connections again, on the same port.
    ///
    /// # Panics
    /// Somebody else has taken the port, and keeps it.
    pub async fn open(&self) {
        // Whoever connects somewhere may be given it for a while.
        services::until("the port is free", async || {
            let listener = TcpListener::bind(self.address).await;
            listener.map(|listener| self.serve(listener)).is_ok()
        })
        .await;
    }

    /// Cuts every connection there is now: both sides are told by a reset.
    pub fn cut(&self) {
        for wire in lock(&self.wires.open).drain(..) {
            wire.cut.notify_one();
        }
    }

    /// From now on every connection fares so, those to come as well.
    pub fn set_conditions(&self, conditions: Conditions) {
        self.wires.conditions.set(conditions);
    }

    /// From now on everything said on the connections that are open is lost, and nobody is told.
    pub fn freeze(&self) {
        for wire in lock(&self.wires.open).iter() {
            wire.frozen.store(true, Ordering::SeqCst);
        }
    }

    /// Holds back the first `needle` that is said, and whatever follows it in that direction of
    /// that connection. An empty needle is the first thing said at all.
    #[must_use]
    pub fn hold(&self, from: Side, needle: &[u8]) -> Held {
        let (hold, held) = Hold::of(After::Nothing, from, needle);
        lock(&self.wires.kind).push(hold);
        held
    }

    /// The same of the first connection on which something else was said before.
    #[must_use]
    pub fn hold_after(&self, before: (Side, &[u8]), (from, needle): (Side, &[u8])) -> Held {
        let (hold, held) = Hold::of(After::Said(before.0, before.1.to_vec()), from, needle);
        lock(&self.wires.kind).push(hold);
        held
    }

    fn serve(&self, listener: TcpListener) {
        let (wires, target, address) = (Arc::clone(&self.wires), self.target, self.address);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let wire = Arc::new(Wire::default());
                lock(&wires.open).push(Arc::clone(&wire));
                let all = Arc::clone(&wires);
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(target).await else { return };
                    // As both ends do: small messages that wait for each other's acknowledgement
                    // would cost 40 ms each.
                    let _ = client.set_nodelay(true);
                    let _ = server.set_nodelay(true);
                    carry(client, server, [target, address], &all, &wire).await;
                });
            }
        });
        *lock(&self.listening) = Some(task.abort_handle());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(task) = lock(&self.listening).take() {
            task.abort();
        }
        self.cut();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics while it holds the lock")
}

/// Until either side ends, or the wire is cut.
async fn carry(
    mut client: TcpStream,
    mut server: TcpStream,
    addresses: [SocketAddr; 2],
    wires: &Wires,
    wire: &Arc<Wire>,
) {
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let cut = tokio::select! {
        () = pipe(Side::Client, from_client, to_server, addresses, wires, wire) => false,
        () = pipe(Side::Server, from_server, to_client, addresses, wires, wire) => false,
        () = wire.cut.notified() => true,
    };
    if cut {
        // Closing then sends a reset. It may have been closed from the other side already.
        let _ = client.set_zero_linger();
        let _ = server.set_zero_linger();
    }
}

async fn pipe(
    from: Side,
    mut source: ReadHalf<'_>,
    mut sink: WriteHalf<'_>,
    [server, ours]: [SocketAddr; 2],
    wires: &Wires,
    wire: &Arc<Wire>,
) {
    let mut chunk = vec![0; 256 * 1024];
    while let Ok(length @ 1..) = source.read(&mut chunk).await {
        let said = &mut chunk[..length];
        if wire.frozen.load(Ordering::SeqCst) {
            continue;
        }
        if from == Side::Server {
            replace(said, &advertised(server), &advertised(ours));
        }
        let mut said = &*said;
        let hold = hold::take(&mut lock(&wires.kind), wire, from, said);
        if let Some((at, hold)) = hold {
            let (now, later) = said.split_at(at);
            if sink.write_all(now).await.is_err() {
                return;
            }
            hold.last().await;
            said = later;
        }
        for piece in wires.conditions.pieces(said) {
            wires.conditions.passes(from).await;
            if sink.write_all(piece).await.is_err() {
                return;
            }
        }
    }
}

fn replace(hay: &mut [u8], old: &[u8], new: &[u8]) {
    while let Some(at) = find(hay, old) {
        hay[at..at + new.len()].copy_from_slice(new);
    }
}

/// Host and port as a broker's metadata has them: text, then four bytes.
fn advertised(address: SocketAddr) -> Vec<u8> {
    let mut bytes = address.ip().to_string().into_bytes();
    bytes.extend_from_slice(&u32::from(address.port()).to_be_bytes());
    bytes
}
