//! The endpoints without a framework: HTTP request in, HTTP answer out.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use http::header::{ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use tower_service::Service;

use super::Health;
use super::answer::Question;

/// The media type of every answer.
const HEALTH_JSON: HeaderValue = HeaderValue::from_static("application/health+json");

/// Answers the six paths as a tower service; comes from [`Health::service`].
///
/// ```
/// use tower_service::Service;
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// # let telemetry = bellwether::Telemetry::disabled();
/// let mut service = bellwether::health::Health::new(&telemetry).service();
/// let request = http::Request::get("/live").body(()).unwrap();
/// let response = service.call(request).await.unwrap();
/// assert_eq!(response.body(), r#"{"status":"pass"}"#);
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct HealthService {
    health: Health,
}

impl HealthService {
    pub(super) fn new(health: Health) -> Self {
        Self { health }
    }

    /// Answers a request by its method, path and headers.
    pub fn answer<B>(&self, request: &Request<B>) -> Response<String> {
        let question = match request.uri().path() {
            "/live" => Some(Question::Live),
            "/ready" => Some(Question::Ready),
            "/health" => Some(Question::Health),
            "/health/detailed" => Some(Question::Detailed),
            "/health/business-critical" => Some(Question::BusinessCritical),
            path => path.strip_prefix("/health/customers/").map(Question::Customer),
        };
        match question {
            Some(_) if !matches!(*request.method(), Method::GET | Method::HEAD) => {
                let mut response = Response::new(String::new());
                *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
                response
            }
            Some(question) => respond(&self.health, question, request.headers()),
            None => not_found(),
        }
    }
}

/// Answers one question as HTTP.
pub(super) fn respond(
    health: &Health,
    question: Question<'_>,
    headers: &HeaderMap,
) -> Response<String> {
    let authorization = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let Some((status, body)) = health.answer(question, authorization) else {
        return not_found();
    };
    let code = StatusCode::from_u16(status.code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    with_body(code, body.to_string())
}

/// Returns the one answer for everything that is not there, or not for this reader.
fn not_found() -> Response<String> {
    with_body(StatusCode::NOT_FOUND, r#"{"status":"fail","output":"not found"}"#.to_owned())
}

fn with_body(code: StatusCode, body: String) -> Response<String> {
    let mut response = Response::new(body);
    *response.status_mut() = code;
    response.headers_mut().insert(CONTENT_TYPE, HEALTH_JSON);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl<B> Service<Request<B>> for HealthService {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(self.answer(&request)))
    }
}
