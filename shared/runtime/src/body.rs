//! A layer that takes the raw body of an invocation before the runtime would parse it: the
//! bridge reads it once, borrowed, and an event that cannot be read is ours to report.

use std::cell::RefCell;
use std::mem;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use lambda_runtime::LambdaInvocation;
use tower::{Layer, Service};

/// Where the body of the invocation under way lies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Body(Rc<RefCell<Bytes>>);

impl Body {
    pub(crate) fn take(&self) -> Bytes {
        mem::take(&mut self.0.borrow_mut())
    }
}

impl<S> Layer<S> for Body {
    type Service = TakeBody<S>;

    fn layer(&self, inner: S) -> TakeBody<S> {
        TakeBody { inner, body: self.clone() }
    }
}

/// See [`Body`].
pub(crate) struct TakeBody<S> {
    inner: S,
    body: Body,
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
