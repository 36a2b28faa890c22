//! The same request, answered by a router of this process: no port has to be open yet.

use axum::body::{Body, to_bytes};
use axum::extract::Request as Incoming;
use hyper::header::{HOST, USER_AGENT};
use tower::ServiceExt;

use super::{Answer, LONGEST_BODY, Request, USER_AGENT as OURS, Url};
use crate::checks::NotPassed;

impl Request {
    /// Lets `router` answer. Of the URL only path and query matter; its handlers run as for anybody.
    pub(crate) async fn answered_by(&self, router: &axum::Router) -> Result<Answer, NotPassed> {
        self.can_be_sent()?;
        let url = Url::parse(&self.url)?;
        let place = self.place(&self.method, &url);
        let mut request = Incoming::builder()
            .method(self.method.clone())
            .uri(&url.target)
            .header(HOST, url.authority())
            .header(USER_AGENT, OURS)
            .body(Body::from(self.body.clone()))
            .map_err(|error| NotPassed::from(error).error_type("invalid_request"))?;
        request.headers_mut().extend(self.headers.clone());
        let response = match router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (head, body) = response.into_parts();
        let body = to_bytes(body, LONGEST_BODY).await.map_err(|error| {
            NotPassed::failed(format!("{place}: the answer broke off: {error}"))
                .advice("see this service's log; at most 1 MiB is read")
                .error_type("body")
        })?;
        Ok(Answer { place, status: head.status, headers: head.headers, body })
    }
}
