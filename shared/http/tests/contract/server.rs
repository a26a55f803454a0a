//! A server that answers requests as it is told, one after the other, in the clear or with TLS.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A server, as long as the test.
pub(crate) struct Server {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

/// A whole answer.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} Status\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len())
}

impl Server {
    /// A server with these answers; an empty one is a closed connection. After the last one it
    /// closes every connection.
    pub(crate) fn answering(answers: impl IntoIterator<Item = String>) -> Self {
        Self::start(None, answers.into_iter().map(Some).collect(), false)
    }

    /// A server that says this, or nothing, and keeps the connection open.
    pub(crate) fn holding(said: Option<String>) -> Self {
        Self::start(None, vec![said], true)
    }

    /// The same as [`Server::answering`], with TLS.
    pub(crate) fn secure(
        tls: Arc<ServerConfig>,
        answers: impl IntoIterator<Item = String>,
    ) -> Self {
        Self::start(Some(tls), answers.into_iter().map(Some).collect(), false)
    }

    /// An address at which nobody listens.
    pub(crate) fn closed() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("an address").to_string()
    }

    fn start(tls: Option<Arc<ServerConfig>>, answers: Vec<Option<String>>, holds: bool) -> Self {
        let listener = TcpListener::bind("localhost:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let (noted, counted) = (Arc::clone(&asked), Arc::clone(&connections));
        thread::spawn(move || {
            let mut answers = answers.into_iter();
            for stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                let _ = match &tls {
                    None => serve(stream, &mut answers, &noted, holds),
                    Some(tls) => {
                        let session = ServerConnection::new(Arc::clone(tls)).expect("a session");
                        serve(StreamOwned::new(session, stream), &mut answers, &noted, holds)
                    }
                };
            }
        });
        Self { address: format!("localhost:{port}"), asked, connections }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn secure_url(&self) -> String {
        format!("https://{}/", self.address)
    }

    /// Every request so far, head and body.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no thread panics").clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Serves one connection until an answer closes it, or the client does.
fn serve(
    stream: impl Read + Write,
    answers: &mut impl Iterator<Item = Option<String>>,
    asked: &Mutex<Vec<String>>,
    holds: bool,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream)? {
        asked.lock().expect("no thread panics").push(request);
        match answers.next() {
            Some(Some(said)) if !said.is_empty() => {
                stream.get_mut().write_all(said.as_bytes())?;
                stream.get_mut().flush()?;
            }
            Some(None) => {}
            _ => break,
        }
        if holds {
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest)?;
        }
    }
    Ok(())
}

fn read(stream: &mut impl BufRead) -> std::io::Result<Option<String>> {
    let (mut request, mut length) = (String::new(), 0);
    loop {
        let start = request.len();
        if stream.read_line(&mut request)? == 0 {
            return Ok(None);
        }
        let line = request[start..].trim_end().to_lowercase();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().unwrap_or(0);
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Some(request + &String::from_utf8_lossy(&body)))
}
