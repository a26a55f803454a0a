//! A layer that takes the raw body of an invocation before the vendor's runtime parses it. The
//! bridge parses it once and borrows from it, and we report a body that is not an event.

use std::cell::RefCell;
use std::mem;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use lambda_runtime::LambdaInvocation;
use lambda_runtime::tower::{Layer, Service};

/// Holds the body of the current invocation until the handler takes it. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawBody(Rc<RefCell<Bytes>>);

impl RawBody {
    /// The body; empty if it was taken before.
    pub(crate) fn take(&self) -> Bytes {
        mem::take(&mut self.0.borrow_mut())
    }
}

impl<S> Layer<S> for RawBody {
    type Service = TakeBody<S>;

    fn layer(&self, inner: S) -> TakeBody<S> {
        TakeBody { inner, body: self.clone() }
    }
}

/// The service that [`RawBody`] adds: it replaces the body by `null`, which the runtime parses as
/// `()`.
pub(crate) struct TakeBody<S> {
    inner: S,
    body: RawBody,
}

impl<S: Service<LambdaInvocation>> Service<LambdaInvocation> for TakeBody<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut invocation: LambdaInvocation) -> S::Future {
        let body = mem::replace(&mut invocation.body, Bytes::from_static(b"null"));
        *self.body.0.borrow_mut() = body;
        self.inner.call(invocation)
    }
}
