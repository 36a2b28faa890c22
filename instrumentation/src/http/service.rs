//! The tower layer around every route.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::extract::Request;
use axum::response::Response;
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::{Observed, Server};

/// Observes the requests of each service that it is laid around.
#[derive(Debug, Clone)]
pub(super) struct Observe {
    pub(super) server: Arc<Server>,
}

impl<S> Layer<S> for Observe {
    type Service = Observing<S>;

    fn layer(&self, inner: S) -> Observing<S> {
        Observing { inner, server: Arc::clone(&self.server) }
    }
}

/// A service whose requests are observed.
#[derive(Debug, Clone)]
pub(super) struct Observing<S> {
    inner: S,
    server: Arc<Server>,
}

impl<S: Service<Request, Response = Response>> Service<Request> for Observing<S> {
    type Response = Response;
    type Error = S::Error;
    type Future = Answering<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The handler runs when it is polled: axum's routes do nothing in `call`.
        let observed = Observed::begin(&self.server, &request);
        Answering { inner: self.inner.call(request), observed }
    }
}

pin_project! {
    /// A request under way, in the context of its span.
    pub(super) struct Answering<F> {
        #[pin]
        inner: F,
        observed: Observed,
    }
}

impl<F: Future<Output = Result<Response, E>>, E> Future for Answering<F> {
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let attached = this.observed.context.clone().attach();
        let outcome = ready!(this.inner.poll(cx));
        drop(attached);
        if let Ok(response) = &outcome {
            this.observed.end(response);
        }
        Poll::Ready(outcome)
    }
}
