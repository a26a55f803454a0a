//! A stand-in for the endpoint of the AWS Parameters and Secrets Lambda Extension, written against
//! its documentation: paths, header, the members of its answers, its cache, `refreshNow`, and what
//! it says before the first invocation.
//!
//! It does not prove what the real extension answers where nothing is documented: the statuses and
//! the words of AWS's own errors are as people report them. It asks nobody and checks no signature.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::json;

/// The token that every request has to carry.
pub const TOKEN: &str = "session/token+1=";

/// What it serves, and what it was asked.
#[derive(Debug, Default)]
struct State {
    secrets: HashMap<String, String>,
    /// What it answered last; asked again, it answers that, unless told to refresh.
    cache: HashMap<String, String>,
    denied: HashSet<String>,
    /// So many requests are still answered with "not ready".
    not_ready: usize,
    requests: Vec<String>,
}

/// The endpoint; it lives as long as the test.
#[derive(Debug, Clone)]
pub struct Extension {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Extension {
    /// Listens on a free port and is not ready for the first `not_ready` requests.
    ///
    /// # Panics
    /// There is no free port.
    #[must_use]
    pub fn start(not_ready: usize) -> Self {
        let listener = TcpListener::bind("localhost:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(Mutex::new(State { not_ready, ..State::default() }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || serve(&stream, &state));
            }
        });
        Self { port, state }
    }

    /// The variables that lead a function here.
    #[must_use]
    pub fn variables(&self) -> [(&'static str, String); 2] {
        [
            ("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", self.port.to_string()),
            ("AWS_SESSION_TOKEN", TOKEN.to_owned()),
        ]
    }

    /// Gives a secret or parameter a value; what is cached stays.
    pub fn set(&self, name: &str, value: &str) {
        self.state().secrets.insert(name.to_owned(), value.to_owned());
    }

    /// Denies access to a secret.
    pub fn deny(&self, name: &str) {
        self.state().denied.insert(name.to_owned());
    }

    /// The targets of all requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers the requests of one connection.
fn serve(stream: &TcpStream, state: &Mutex<State>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut target, mut token) = (String::new(), String::new());
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end();
            if let Some(rest) = line.strip_prefix("GET ") {
                rest.split(' ').next()?.clone_into(&mut target);
            }
            if let Some((name, value)) = line.split_once(": ")
                && name.eq_ignore_ascii_case("X-Aws-Parameters-Secrets-Token")
            {
                value.clone_into(&mut token);
            }
            if line.is_empty() {
                break;
            }
        }
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let (status, body) = state.answer(&target, &token);
        drop(state);
        let length = body.len();
        let answer = format!("HTTP/1.1 {status} Status\r\nContent-Length: {length}\r\n\r\n{body}");
        let mut stream = stream;
        stream.write_all(answer.as_bytes()).ok()?;
    }
}

impl State {
    fn answer(&mut self, target: &str, token: &str) -> (u16, String) {
        self.requests.push(target.to_owned());
        if token != TOKEN {
            return (401, "unauthorized".to_owned());
        }
        if self.not_ready > 0 {
            self.not_ready -= 1;
            return (400, "not ready to serve traffic, please wait".to_owned());
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query: HashMap<&str, String> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name, decode(value)))
            .collect();
        match path {
            "/secretsmanager/get" => self.secret(&query),
            "/systemsmanager/parameters/get" => self.parameter(&query),
            _ => (404, "no such path".to_owned()),
        }
    }

    fn secret(&mut self, query: &HashMap<&str, String>) -> (u16, String) {
        let Some(id) = query.get("secretId") else { return (400, "no secretId".to_owned()) };
        if self.denied.contains(id) {
            return (
                400,
                format!(
                    "AccessDeniedException: not authorized to perform: secretsmanager:GetSecretValue on {id}"
                ),
            );
        }
        let stage = query.get("versionStage").map_or("AWSCURRENT", String::as_str);
        let refresh = query.get("refreshNow").is_some_and(|refresh| refresh == "true");
        match self.cached(&format!("{id} {stage}"), id, refresh) {
            Some(text) => (
                200,
                json!({ "ARN": id, "Name": id, "SecretString": text, "VersionStages": [stage] })
                    .to_string(),
            ),
            None => (
                400,
                "ResourceNotFoundException: Secrets Manager can't find the specified secret."
                    .to_owned(),
            ),
        }
    }

    fn parameter(&mut self, query: &HashMap<&str, String>) -> (u16, String) {
        let Some(name) = query.get("name") else { return (400, "no name".to_owned()) };
        // Without it a SecureString comes back encrypted.
        let plain = query.get("withDecryption").is_some_and(|plain| plain == "true");
        match self.cached(name, name, false).filter(|_| plain) {
            Some(text) => (
                200,
                json!({ "Parameter": { "Name": name, "Type": "SecureString", "Value": text } })
                    .to_string(),
            ),
            None => (400, "ParameterNotFound".to_owned()),
        }
    }

    fn cached(&mut self, key: &str, name: &str, refresh: bool) -> Option<String> {
        if refresh || !self.cache.contains_key(key) {
            let text = self.secrets.get(name)?.clone();
            self.cache.insert(key.to_owned(), text);
        }
        self.cache.get(key).cloned()
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let escaped =
            hex.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
