//! axum's method router, with a memory of its methods.

use std::collections::BTreeSet;
use std::convert::Infallible;

use axum::extract::Request;
use axum::handler::Handler;
use axum::response::IntoResponse;
use axum::routing as raw;
use tower::{Layer, Service};

use super::Route;

/// Answers the methods of one path; what axum's `MethodRouter` is, with the methods recorded.
///
/// Comes from [`get`], [`post`] and their like, and grows by its methods of the same names.
#[derive(Debug, Clone)]
pub struct MethodRouter<S = ()> {
    pub(super) inner: raw::MethodRouter<S, Infallible>,
    pub(super) methods: BTreeSet<&'static str>,
}

macro_rules! methods {
    ($($name:ident $method:literal),* $(,)?) => {
        $(
            #[doc = concat!("Routes `", $method, "` requests to the handler.")]
            pub fn $name<H, T, S>(handler: H) -> MethodRouter<S>
            where
                H: Handler<T, S>,
                T: 'static,
                S: Clone + Send + Sync + 'static,
            {
                MethodRouter { inner: raw::$name(handler), methods: BTreeSet::from([$method]) }
            }
        )*

        impl<S> MethodRouter<S>
        where
            S: Clone + Send + Sync + 'static,
        {
            $(
                #[doc = concat!("Routes `", $method, "` requests to the handler as well.")]
                ///
                /// # Panics
                ///
                /// Panics, as axum does, when the method already has a handler.
                #[must_use]
                #[track_caller]
                pub fn $name<H, T>(mut self, handler: H) -> Self
                where
                    H: Handler<T, S>,
                    T: 'static,
                {
                    self.inner = self.inner.$name(handler);
                    self.methods.insert($method);
                    self
                }
            )*
        }
    };
}

methods! {
    connect "CONNECT",
    delete "DELETE",
    get "GET",
    head "HEAD",
    options "OPTIONS",
    patch "PATCH",
    post "POST",
    put "PUT",
    trace "TRACE",
}

/// Routes requests of every method to the handler; listed as `ANY` in the manifest.
pub fn any<H, T, S>(handler: H) -> MethodRouter<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    MethodRouter { inner: raw::any(handler), methods: BTreeSet::from([Route::ANY]) }
}

impl<S> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    /// Applies a layer to every method, as axum does.
    #[must_use]
    pub fn layer<L>(self, layer: L) -> Self
    where
        L: Layer<raw::Route<Infallible>> + Clone + Send + Sync + 'static,
        L::Service: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        Self { inner: self.inner.layer(layer), methods: self.methods }
    }
}
