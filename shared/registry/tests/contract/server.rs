//! A server that answers requests as it is told, and remembers them. Each has a connection of its own,
//! so that several can be answered at once.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A server, as long as the test.
pub(crate) struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

/// A whole answer, after which the connection ends.
pub(crate) fn answer(status: u16, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} S\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
}

impl Server {
    /// A server with these answers, one after the other; an empty one is a closed connection.
    pub(crate) fn answering(answers: impl IntoIterator<Item = String>) -> Self {
        let answers = Mutex::new(answers.into_iter().collect::<Vec<_>>().into_iter());
        Self::start(move |_| answers.lock().expect("no thread panics").next().unwrap_or_default())
    }

    /// A server with one answer for each target.
    pub(crate) fn by_target<const N: usize>(answers: [(&'static str, String); N]) -> Self {
        Self::start(move |request| {
            let target = request.split(' ').nth(1).unwrap_or_default();
            let known = answers.iter().find(|(known, _)| *known == target);
            known.map_or_else(|| answer(404, ""), |(_, said)| said.clone())
        })
    }

    /// An address at which nobody listens.
    pub(crate) fn closed() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("an address").to_string()
    }

    fn start(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("localhost:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (noted, answer) = (Arc::clone(&asked), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (noted, answer) = (Arc::clone(&noted), Arc::clone(&answer));
                thread::spawn(move || serve(stream, &noted, &*answer));
            }
        });
        Self { port, asked }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    /// Every request so far, head and body, in lower case.
    pub(crate) fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().expect("no thread panics");
        asked.iter().map(|request| request.to_lowercase()).collect()
    }

    /// Method and target of every request so far.
    pub(crate) fn targets(&self) -> Vec<String> {
        let asked = self.asked.lock().expect("no thread panics");
        let target =
            |request: &String| request.split(" HTTP/").next().unwrap_or_default().to_owned();
        asked.iter().map(target).collect()
    }
}

fn serve(stream: TcpStream, asked: &Mutex<Vec<String>>, answer: &dyn Fn(&str) -> String) {
    let mut stream = BufReader::new(stream);
    if let Ok(request) = read(&mut stream) {
        asked.lock().expect("no thread panics").push(request.clone());
        let _ = stream.get_mut().write_all(answer(&request).as_bytes());
    }
}

fn read(stream: &mut impl BufRead) -> std::io::Result<String> {
    let (mut request, mut length) = (String::new(), 0);
    loop {
        let start = request.len();
        if stream.read_line(&mut request)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
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
    Ok(request + &String::from_utf8_lossy(&body))
}
