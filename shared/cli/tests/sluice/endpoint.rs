//! The metrics endpoint of a running command: its address and its answers.

use std::io::Read;
use std::process::Child;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::process::PATIENCE;

/// Reads standard error up to the first line with `text`; `ended` reads the rest.
pub(crate) async fn line_with(child: &mut Child, text: &'static str) -> String {
    let mut stderr = child.stderr.take().expect("a pipe");
    let reading = tokio::task::spawn_blocking(move || {
        let (mut line, mut byte) = (Vec::new(), [0]);
        // Byte by byte, so that the rest is not read.
        while stderr.read(&mut byte).expect("read") == 1 {
            if byte[0] != b'\n' {
                line.push(byte[0]);
                continue;
            }
            let whole = String::from_utf8_lossy(&std::mem::take(&mut line)).into_owned();
            if whole.contains(text) {
                return (whole, stderr);
            }
        }
        panic!("standard error ended without {text:?}");
    });
    let read = tokio::time::timeout(PATIENCE, reading).await.expect("it says so");
    let (line, stderr) = read.expect("read");
    child.stderr = Some(stderr);
    line
}

/// The body of an answer over HTTP.
pub(crate) async fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    answer.split_once("\r\n\r\n").expect("a body").1.to_owned()
}
