//! A function that is started as Function Compute starts it, and the platform's requests, one after the other, with
//! nobody in between.

use std::time::Duration;

use sluice_tests::pipeline::{Pipeline, clean_environment};
use sluice_tests::run::{Run, Running};
use sluice_tests::services::binary;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::time::sleep;

/// How an answer begins that the platform takes for a success.
pub(crate) const GOOD: &str = "HTTP/1.1 200 OK\r\nx-fc-status: 200";

/// One instance of a function.
pub(crate) struct Instance {
    running: Running,
    port: u16,
}

impl Instance {
    /// Starts a connector with a pipeline's options, and these variables of the platform.
    pub(crate) async fn start(
        connector: &str,
        pipeline: &Pipeline,
        variables: &[(&str, &str)],
    ) -> Self {
        let free = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = free.local_addr().expect("it has one").port();
        drop(free);
        let mut command = clean_environment(Command::new(binary(connector)));
        command.env_remove("AWS_LAMBDA_RUNTIME_API").envs(pipeline.options());
        command.env("FC_FUNCTION_NAME", "f").env("FC_SERVER_PORT", port.to_string());
        command.envs(variables.iter().copied());
        Self { running: Running::start(command, None), port }
    }

    /// Sends one request, such as `POST /invoke`; the whole answer.
    pub(crate) async fn ask(&self, request: &str, headers: &[(&str, &str)], body: &str) -> String {
        let mut stream = self.connect().await;
        let length = body.len();
        let headers: String =
            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("{request} HTTP/1.1\r\nHost: f\r\nConnection: close\r\n{headers}");
        let request = format!("{head}Content-Length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).await.expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("it answers");
        answer
    }

    async fn connect(&self) -> TcpStream {
        for _ in 0..1000 {
            if let Ok(stream) = TcpStream::connect(("127.0.0.1", self.port)).await {
                return stream;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("never: it listens");
    }

    /// Ends it.
    pub(crate) async fn stop(self) -> Run {
        self.running.stop().await
    }
}
