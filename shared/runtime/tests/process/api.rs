//! Lambda's Runtime API, as far as one function needs it: it hands out bodies in turn, notes
//! what comes back, and stops answering after the last.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What the function posted.
#[derive(Debug)]
pub(crate) struct Posted {
    /// The path behind the version.
    pub(crate) path: String,
    pub(crate) body: String,
}

pub(crate) struct Api(TcpListener);

impl Api {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    pub(crate) fn address(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    /// Serves a function until as many posts came; the bodies go out in order, as requests 0,
    /// 1, …
    pub(crate) fn serve(
        &self,
        function: &mut Child,
        bodies: &[Vec<u8>],
        posts: usize,
    ) -> Vec<Posted> {
        let (mut next, mut posted) = (0, Vec::new());
        while posted.len() < posts {
            let stream = self.accept(function);
            stream.set_nonblocking(false).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            let (head, body) = read(&stream);
            let path = head.split(' ').nth(1).unwrap().trim_start_matches("/2018-06-01/runtime/");
            if head.starts_with("GET") {
                assert_eq!(path, "invocation/next");
                answer(&stream, &invocation(next), &bodies[next]);
                next += 1;
            } else {
                posted.push(Posted { path: path.to_owned(), body });
                answer(&stream, "", b"{}");
            }
        }
        posted
    }

    /// Answers the requests of a function in turn, in whole responses as they stand on the wire; tells
    /// what was asked, head and body.
    pub(crate) fn follow(
        &self,
        function: &mut Child,
        answers: &[Vec<&[u8]>],
    ) -> Vec<(String, String)> {
        let answers = answers.iter().map(|pieces| {
            let mut stream = self.accept(function);
            stream.set_nonblocking(false).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            let asked = read(&stream);
            for piece in pieces {
                stream.write_all(piece).unwrap();
                // What comes in pieces is read in pieces.
                sleep(Duration::from_millis(20));
            }
            asked
        });
        answers.collect()
    }

    /// The next connection, as long as there is somebody to connect.
    fn accept(&self, function: &mut Child) -> TcpStream {
        loop {
            let ended = function.try_wait().unwrap();
            match self.0.accept() {
                Ok((stream, _)) => return stream,
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
            assert!(ended.is_none(), "the function has ended: {ended:?}");
            sleep(Duration::from_millis(2));
        }
    }
}

pub(crate) fn invocation(request: usize) -> String {
    let deadline = SystemTime::now() + Duration::from_secs(30);
    let millis = deadline.duration_since(UNIX_EPOCH).unwrap().as_millis();
    format!(
        "Lambda-Runtime-Aws-Request-Id: {request}\r\nLambda-Runtime-Deadline-Ms: {millis}\r\n\
         Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:123456789012:function:f\r\n"
    )
}

fn read(stream: &TcpStream) -> (String, String) {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        assert_ne!(reader.read_line(&mut line).unwrap(), 0, "the request has a head");
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (head, String::from_utf8(body).unwrap())
}

fn answer(mut stream: &TcpStream, headers: &str, body: &[u8]) {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
}
