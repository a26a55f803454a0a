//! The server: it accepts connections until it is told to end, and passes invocations to the function one
//! after the other.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use sluice_bridge::options::role::RoleCredentials;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Mutex, oneshot};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::sleep;

use crate::function_compute::answer::{self, Answer};
use crate::function_compute::head::Head;
use crate::lambda::deadline::Deadline;
use crate::lambda::response::{Failed, Kind, LambdaResponse};
use crate::log::format::{Level, LogFormat};
use crate::log::stderr;

/// The most bytes of one invocation ("Quotas and limits": 32 MB of a synchronous one).
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// How long to wait before a connection that could not be accepted is tried again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

const INVOKE: &str = "/invoke";
const INITIALIZE: &str = "/initialize";
const PRE_STOP: &str = "/pre-stop";

/// What is served.
pub(crate) trait Served: 'static {
    /// Reads the configuration and connects to nothing.
    fn initialize(&mut self) -> impl Future<Output = Result<(), Failed>>;

    /// Handles one invocation and logs it. `role` has the credentials of the function's role that came with it.
    fn invoke(
        &mut self,
        body: &[u8],
        deadline: Deadline,
        request: &str,
        role: Option<&RoleCredentials>,
    ) -> impl Future<Output = Result<LambdaResponse, Failed>>;

    /// Closes connections. Another invocation would open them again.
    fn close(&mut self);
}

struct Shared<F> {
    /// Requests get it in the order in which they ask for it.
    function: Mutex<F>,
    format: LogFormat,
}

/// Serves a function on every address of the machine until the process is told to end (SIGTERM). What is
/// under way then is answered first.
///
/// # Errors
/// The port cannot be listened on.
pub(crate) async fn serve<F: Served>(function: F, port: u16, format: LogFormat) -> io::Result<()> {
    // Before it listens: who can connect may also end it.
    let mut ended = signal(SignalKind::terminate())?;
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await?;
    let shared = Rc::new(Shared { function: Mutex::new(function), format });
    let connections = async {
        let open = GracefulShutdown::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => connect(stream, &open, &shared),
                    // Most likely there is no file descriptor left.
                    Err(_) => sleep(ACCEPT_PAUSE).await,
                },
                _ = ended.recv() => break,
            }
        }
        drop(listener);
        open.shutdown().await;
        shared.function.lock().await.close();
    };
    LocalSet::new().run_until(connections).await;
    Ok(())
}

/// Serves one connection in a task of its own. Nothing is ever too idle: the platform keeps connections
/// and takes one that was closed meanwhile for a crash.
fn connect<F: Served>(stream: TcpStream, open: &GracefulShutdown, shared: &Rc<Shared<F>>) {
    // Answers are written whole; waiting for more only delays them.
    let _ = stream.set_nodelay(true);
    let shared = Rc::clone(shared);
    let service = service_fn(move |request| {
        let shared = Rc::clone(&shared);
        async move { Ok::<_, Infallible>(answer(request, shared).await) }
    });
    let mut server = http1::Builder::new();
    server.header_read_timeout(None);
    let connection = open.watch(server.serve_connection(TokioIo::new(stream), service));
    spawn_local(async move {
        // A client that breaks off shows where its request is read or answered.
        let _ = connection.await;
    });
}

async fn answer<F: Served>(request: Request<Incoming>, shared: Rc<Shared<F>>) -> Answer {
    match (request.method(), request.uri().path()) {
        (&Method::POST, INVOKE) => invoke(request, shared).await,
        (&Method::POST, INITIALIZE) => match shared.function.lock().await.initialize().await {
            Ok(()) => answer::done(),
            Err(failed) => {
                stderr::say(shared.format, Level::Error, &failed.message);
                answer::failed(&failed)
            }
        },
        (&Method::GET, PRE_STOP) => {
            shared.function.lock().await.close();
            answer::done()
        }
        (_, INVOKE | INITIALIZE | PRE_STOP) => {
            shared.refuse(StatusCode::METHOD_NOT_ALLOWED, "the method of a request is wrong")
        }
        _ => shared.refuse(
            StatusCode::NOT_FOUND,
            "the path of a request is not known: an event is sent to /invoke by POST",
        ),
    }
}

async fn invoke<F: Served>(request: Request<Incoming>, shared: Rc<Shared<F>>) -> Answer {
    let head = Head::of(request.headers());
    let body = match Limited::new(request.into_body(), MOST_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            let what = "an invocation has more than 32 MB";
            return shared.refuse(StatusCode::PAYLOAD_TOO_LARGE, what);
        }
        Err(_) => {
            return shared.refuse(StatusCode::BAD_REQUEST, "the body of an invocation broke off");
        }
    };
    // A client that goes away must not stop the work in the middle.
    let (tell, told) = oneshot::channel();
    spawn_local(async move {
        let answer = shared.invoked(&body, &head).await;
        if tell.send(answer).is_err() {
            let what = format!("{}: the client went away before the answer", head.request);
            stderr::say(shared.format, Level::Warn, &what);
        }
    });
    match told.await.unwrap_or_else(|_| Err(Failed::panicked())) {
        Ok(response) => answer::settled(&response),
        Err(failed) => answer::failed(&failed),
    }
}

impl<F: Served> Shared<F> {
    async fn invoked(&self, body: &Bytes, head: &Head) -> Result<LambdaResponse, Failed> {
        let mut function = self.function.lock().await;
        // The time that was spent waiting is gone.
        if head.is_over() {
            let what = "its time was over while it waited for earlier invocations of the instance";
            stderr::say(self.format, Level::Error, &format!("{}: {what}", head.request));
            return Err(Failed::new(Kind::Transient, what));
        }
        let invoked = function.invoke(body, head.deadline(), &head.request, head.role.as_ref());
        let invoked = AssertUnwindSafe(invoked).catch_unwind().await;
        invoked.unwrap_or_else(|_| Err(Failed::panicked()))
    }

    /// Answers and logs what never was an invocation.
    fn refuse(&self, status: StatusCode, what: &str) -> Answer {
        stderr::say(self.format, Level::Error, what);
        answer::refused(status, &Failed::new(Kind::NotAnEvent, what))
    }
}
