//! A stand-in for servers that cannot be run here: it greets, with TLS or without it, asks for a
//! login by some plugin, remembers what it heard, and refuses.
//!
//! "Connection Phase" in the guide to MySQL's client/server protocol.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tokio::task::{JoinHandle, spawn_blocking};

const CLIENT_SSL: u32 = 1 << 11;
/// The protocol of 4.1 and its passwords, plugins, a database in the login.
const CAPABILITIES: u32 = 1 << 9 | 1 << 15 | 1 << 19 | 1 << 3;
/// A client that wishes for TLS says as much and no more.
const WISH: usize = 32;
const GOODBYE: &[u8] = b"\x01";
/// An error 1045.
const REFUSAL: &[u8] = b"\xff\x15\x04#28000the stand-in says no";

/// What a stand-in heard of a client.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Whether the client went over to TLS.
    pub(crate) encrypted: bool,
    /// Bytes of a login in the clear.
    pub(crate) in_the_clear: usize,
    /// What it answered to the plugin.
    pub(crate) answer: Option<String>,
}

/// Waits for so many clients, one after the other, and asks each for a login by the plugin. The
/// server's certificate is beside that of the authority, without which there is no TLS.
pub(crate) fn stand_in(
    plugin: &'static str,
    authority: Option<String>,
    clients: usize,
) -> (u16, JoinHandle<Vec<Heard>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it has an address").port();
    let heard = spawn_blocking(move || {
        let served = (0..clients).map(|_| {
            let (client, _) = listener.accept().expect("somebody comes");
            let mut heard = Heard::default();
            // A client that hangs up has said all it has to say.
            let _ = serve(client, plugin, authority.as_deref(), &mut heard);
            heard
        });
        served.collect()
    });
    (port, heard)
}

fn serve(
    mut client: TcpStream,
    plugin: &str,
    authority: Option<&str>,
    heard: &mut Heard,
) -> io::Result<()> {
    let ssl = if authority.is_some() { CLIENT_SSL } else { 0 };
    send(&mut client, 0, &greeting(CAPABILITIES | ssl))?;
    let (number, message) = receive(&mut client)?;
    if message == GOODBYE {
        return Ok(());
    }
    let Some(authority) = authority.filter(|_| message.len() == WISH) else {
        heard.in_the_clear = message.len();
        return ask(&mut client, number, plugin, heard);
    };
    heard.encrypted = true;
    let mut client = encrypted(client, Path::new(authority));
    let (number, _) = receive(&mut client)?;
    ask(&mut client, number, plugin, heard)
}

fn ask(
    client: &mut (impl Read + Write),
    number: u8,
    plugin: &str,
    heard: &mut Heard,
) -> io::Result<()> {
    let switch = [&[0xfe], plugin.as_bytes(), b"\0", &[b'x'; 20], b"\0"].concat();
    send(client, number + 1, &switch)?;
    let (number, answer) = receive(client)?;
    heard.answer = Some(String::from_utf8_lossy(&answer).trim_end_matches('\0').to_owned());
    send(client, number + 1, REFUSAL)
}

/// Protocol 10, of a server that calls itself 8.0.0.
fn greeting(capabilities: u32) -> Vec<u8> {
    let [low_0, low_1, high_0, high_1] = capabilities.to_le_bytes();
    let mut greeting = b"\x0a8.0.0-stand-in\0\x01\0\0\0abcdefgh\0".to_vec();
    greeting.extend([low_0, low_1, 45, 2, 0, high_0, high_1, 21]);
    greeting.extend([0; 10]);
    greeting.extend(b"ijklmnopqrst\0mysql_native_password\0");
    greeting
}

fn send(client: &mut impl Write, number: u8, message: &[u8]) -> io::Result<()> {
    let [one, two, three, _] = (message.len() as u32).to_le_bytes();
    client.write_all(&[&[one, two, three, number], message].concat())?;
    client.flush()
}

fn receive(client: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 4];
    client.read_exact(&mut head)?;
    let [one, two, three, number] = head;
    let mut message = vec![0; u32::from_le_bytes([one, two, three, 0]) as usize];
    client.read_exact(&mut message)?;
    Ok((number, message))
}

fn encrypted(client: TcpStream, authority: &Path) -> StreamOwned<ServerConnection, TcpStream> {
    let beside = |name: &str| authority.with_file_name(name);
    let chain = CertificateDer::pem_file_iter(beside("server.pem")).expect("the certificate");
    let chain = chain.collect::<Result<Vec<_>, _>>().expect("it is one");
    let key = PrivateKeyDer::from_pem_file(beside("server.key")).expect("its key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions that everybody has")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("the key fits the certificate");
    StreamOwned::new(ServerConnection::new(Arc::new(config)).expect("a connection"), client)
}
