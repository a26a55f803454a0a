//! The HTTP server of both endpoints: it accepts connections, and serves each in its own task until
//! the server is dropped.
//!
//! The endpoints answer the requests.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How long to wait after a connection could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A source of connections.
pub(crate) trait Accept: Send {
    /// Waits for the next one.
    fn next(&mut self) -> impl Future<Output = io::Result<TcpStream>> + Send;
}

impl Accept for TcpListener {
    async fn next(&mut self) -> io::Result<TcpStream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}

/// Serves every connection with a clone of `service`, for ever.
pub(crate) async fn serve<S>(mut listener: impl Accept, service: S)
where
    S: Service<Request<Incoming>, Response = Response<Full<Bytes>>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(stream) = listener.next().await else {
            // The process probably has no file descriptor left, so do not retry at once.
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // Bodies are written in one piece; waiting for more data would only delay them.
        let _ = stream.set_nodelay(true);
        let service = service.clone();
        connections.spawn(async move {
            let connection = hyper::server::conn::http1::Builder::new();
            // Errors of a connection are noticed by the code that waits for the client.
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use hyper::service::service_fn;
    use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

    use super::*;

    /// A listener in a process without free file descriptors (`EMFILE`). It reports each attempt.
    struct Refusing(UnboundedSender<()>);

    impl Accept for Refusing {
        async fn next(&mut self) -> io::Result<TcpStream> {
            self.0.send(()).expect("somebody counts");
            Err(io::Error::from_raw_os_error(24))
        }
    }

    #[tokio::test]
    async fn a_connection_that_cannot_be_accepted_is_tried_again_after_a_pause() {
        let (attempts, mut tries) = unbounded_channel();
        let service = service_fn(|_| async { Ok(Response::new(Full::default())) });
        let start = Instant::now();
        let three = async {
            for _ in 0..3 {
                tries.recv().await.expect("it goes on");
            }
        };
        tokio::select! {
            () = serve(Refusing(attempts), service) => panic!("it ended"),
            () = three => {}
        }
        assert!(start.elapsed() >= ACCEPT_PAUSE * 2, "{:?}", start.elapsed());
    }
}
