//! A function that is started as Function Compute starts it, and a client of it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::function;

/// A start, an answer and an end come sooner.
const PATIENCE: Duration = Duration::from_secs(20);

/// The trigger's event of one record, whose value is text.
pub(super) fn event(value: &str) -> Vec<u8> {
    let value = Value::from(value);
    format!(
        r#"[{{"specversion":"1.0","id":"e","source":"acs:alikafka","type":"alikafka:Topic:Message","data":{{"topic":"t","partition":0,"offset":7,"timestamp":1655952591589,"headers":{{"headers":[],"isReadOnly":false}},"key":"k","value":{value}}}}}]"#
    )
    .into_bytes()
}

pub(super) struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Starts it; it listens.
    pub(super) fn start(environment: &[(&str, &str)]) -> Self {
        let port = free_port();
        let child = spawn(&[&[("FC_SERVER_PORT", &*port.to_string())], environment].concat());
        let server = Self { child, port };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < PATIENCE, "it does not listen");
            sleep(Duration::from_millis(5));
        }
        server
    }

    /// What a function says that does not start.
    pub(super) fn output(environment: &[(&str, &str)]) -> Output {
        spawn(environment).wait_with_output().unwrap()
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn connect(&self) -> Client {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Client(BufReader::new(stream))
    }

    /// Until a request that was begun is worked on.
    pub(super) fn wait_for_work(&self) {
        sleep(Duration::from_millis(500));
    }

    /// Sends the signal to end.
    pub(super) fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    pub(super) fn ended(mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end");
            sleep(Duration::from_millis(5));
        }
    }

    /// Ends it; the lines of its log, and what it wrote to standard error.
    pub(super) fn stop(mut self) -> (Vec<Value>, String) {
        self.terminate();
        let (mut log, mut errors) = (String::new(), String::new());
        self.child.stdout.take().unwrap().read_to_string(&mut log).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        let lines = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (lines, errors)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One connection.
pub(super) struct Client(BufReader<TcpStream>);

impl Client {
    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }

    fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) {
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nHost: f\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        self.write(format!("{head}\r\n").as_bytes());
        // A body that is refused is not read to its end.
        let _ = self.0.get_mut().write_all(body);
    }

    /// Sends an invocation and does not wait for its answer.
    pub(super) fn begin(&mut self, request: &str, headers: &[(&str, &str)], body: &[u8]) {
        let common = [("x-fc-request-id", request), ("content-type", "application/octet-stream")];
        self.request("POST", "/invoke", &[&common, headers].concat(), body);
    }

    pub(super) fn invoke(&mut self, request: &str, body: &[u8]) -> Answer {
        self.begin(request, &[], body);
        self.answer()
    }

    pub(super) fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        self.request(method, path, headers, body);
        self.answer()
    }

    pub(super) fn answer(&mut self) -> Answer {
        let mut line = || {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "an answer has a head");
            line.trim_end().to_owned()
        };
        let status = line().split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = line();
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        let mut answer = Answer { status, headers, body: String::new() };
        let mut body = vec![0; answer.header("content-length").unwrap().parse().unwrap()];
        self.0.read_exact(&mut body).unwrap();
        answer.body = String::from_utf8(body).unwrap();
        answer
    }
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

fn spawn(environment: &[(&str, &str)]) -> Child {
    let mut command = Command::new(function());
    command.env_clear().env("FC_FUNCTION_NAME", "f-fc").env("FC_ACCOUNT_ID", "123456");
    command.env("SLUICE_CONNECTION_PASSWORD", "s3cret").envs(environment.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
