//! Lambda's Runtime API, as little of it as one function process needs ("Using the Lambda runtime
//! API for custom runtimes", version 2018-06-01), and that process.

use std::convert::Infallible;
use std::error::Error;
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use sluice_tests::database::target::Target;
use sluice_tests::pipeline::clean_environment;
use sluice_tests::services::binary;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

type Failed = Box<dyn Error + Sync + Send>;

/// What one invocation may take.
const DEADLINE: Duration = Duration::from_secs(120);

/// The answer that gives nothing back.
const SETTLED: &str = r#"{"batchItemFailures":[]}"#;

enum Report {
    Next(Instant),
    Answer(Bytes),
    Failure(Bytes),
}

struct Api {
    events: Mutex<mpsc::Receiver<Bytes>>,
    reports: mpsc::UnboundedSender<Report>,
}

/// A function process that waits for events.
pub struct Function {
    child: Child,
    events: mpsc::Sender<Bytes>,
    reports: mpsc::UnboundedReceiver<Report>,
    log: PathBuf,
    /// From the start of the process to its first request for an event.
    pub ready_after: Duration,
    _server: JoinSet<()>,
}

impl Function {
    /// Starts the function for a target with `(option, value)` pairs and waits until it asks for an event.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start(target: Target, options: &[(&str, &str)]) -> Result<Self, Failed> {
        Self::start_program(target.connector(), options).await
    }

    /// The same of any connector.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_program(connector: &str, options: &[(&str, &str)]) -> Result<Self, Failed> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?.to_string();
        let (events, receiver) = mpsc::channel(1);
        let (sender, reports) = mpsc::unbounded_channel();
        let mut server = JoinSet::new();
        let api = Api { events: Mutex::new(receiver), reports: sender };
        server.spawn(serve(listener, Arc::new(api)));
        let log = std::env::temp_dir().join(format!("sluice-bench-{}.log", std::process::id()));
        let mut command = clean_environment(Command::new(binary(connector)));
        command
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .kill_on_drop(true);
        for (option, value) in options {
            let variable = format!("SLUICE_{}", option.to_uppercase().replace('.', "_"));
            command.env(variable, value);
        }
        command.stdin(Stdio::null()).stdout(File::create(&log)?);
        let started = Instant::now();
        let child = command.spawn()?;
        let ready_after = Duration::ZERO;
        let mut function = Self { child, events, reports, log, ready_after, _server: server };
        match function.report().await? {
            Report::Next(at) => function.ready_after = at.duration_since(started),
            _ => return Err("the function does not start, and said why above".into()),
        }
        Ok(function)
    }

    /// Hands over an event and waits for the answer; returns what that took.
    ///
    /// # Errors
    /// The function gives something back.
    pub async fn invoke(&mut self, event: &Bytes) -> Result<Duration, Failed> {
        let start = Instant::now();
        match self.ask(event).await? {
            answer if answer == SETTLED => Ok(start.elapsed()),
            said => Err(String::from_utf8_lossy(&said).into_owned().into()),
        }
    }

    /// Hands over an event and waits for the answer, whatever it is.
    ///
    /// # Errors
    /// The invocation fails.
    pub async fn ask(&mut self, event: &Bytes) -> Result<Bytes, Failed> {
        self.events.send(event.clone()).await?;
        loop {
            match self.report().await? {
                Report::Next(_) => {}
                Report::Answer(answer) => return Ok(answer),
                Report::Failure(said) => {
                    return Err(String::from_utf8_lossy(&said).into_owned().into());
                }
            }
        }
    }

    /// The next thing the function says, unless it ends first.
    async fn report(&mut self) -> Result<Report, Failed> {
        tokio::select! {
            Some(report) = self.reports.recv() => Ok(report),
            ended = self.child.wait() => Err(format!("the function ended: {}", ended?).into()),
        }
    }

    /// The same with several events, one after the other.
    ///
    /// # Errors
    /// The function gives something back.
    pub async fn invoke_all(&mut self, events: &[Bytes]) -> Result<Duration, Failed> {
        let start = Instant::now();
        for event in events {
            self.invoke(event).await?;
        }
        Ok(start.elapsed())
    }

    /// Memory in use, and the most that ever was, in bytes.
    ///
    /// # Errors
    /// The process is gone, or this is no Linux.
    pub fn memory(&self) -> Result<(u64, u64), Failed> {
        let id = self.child.id().ok_or("the function is gone")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
        };
        Ok((field("VmRSS:").ok_or("no VmRSS")?, field("VmHWM:").ok_or("no VmHWM")?))
    }

    /// The sum of a number over the function's log lines.
    ///
    /// # Errors
    /// There is no log.
    pub fn logged(&self, name: &str) -> Result<f64, Failed> {
        let log = std::fs::read_to_string(&self.log)?;
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        Ok(lines.filter_map(|line| line[name].as_f64()).sum())
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.log);
    }
}

async fn serve(listener: TcpListener, api: Arc<Api>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let api = Arc::clone(&api);
        connections.spawn(async move {
            let service = service_fn(|request| answer(request, Arc::clone(&api)));
            let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            served.await.ok()
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    api: Arc<Api>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    if path.ends_with("/next") {
        let _ = api.reports.send(Report::Next(Instant::now()));
        let event = api.events.lock().await.recv().await;
        return Ok(event.map_or_else(|| refusal(StatusCode::GONE), next));
    }
    let Ok(body) = body.collect().await else { return Ok(refusal(StatusCode::BAD_REQUEST)) };
    let report = if path.ends_with("/response") { Report::Answer } else { Report::Failure };
    let _ = api.reports.send(report(body.to_bytes()));
    Ok(refusal(StatusCode::ACCEPTED))
}

fn next(event: Bytes) -> Response<Full<Bytes>> {
    let deadline = (SystemTime::now() + DEADLINE).duration_since(UNIX_EPOCH).unwrap_or_default();
    let response = Response::builder()
        .header("Lambda-Runtime-Aws-Request-Id", "00000000-0000-4000-8000-000000000000")
        .header("Lambda-Runtime-Deadline-Ms", deadline.as_millis().to_string())
        .header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:local:0:function:bench");
    let response = response.body(Full::new(event));
    response.unwrap_or_else(|_| refusal(StatusCode::INTERNAL_SERVER_ERROR))
}

fn refusal(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
