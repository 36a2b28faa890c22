//! The same over gRPC, on the same address: our own service, and `grpc.health.v1`.
//!
//! Calls are routes like others, so that one table says who may make them.

mod message;
mod watch;

use axum::extract::{Extension, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tonic::Code;
use tonic::server::Grpc;
use tonic_prost::ProstCodec;
use tower::service_fn;

use self::message::{Answered, Asked, Health, Nothing, Status};
use self::watch::Watch;
use crate::access::{Door, Who};
use crate::api::Api;
use crate::error::Refusal;

/// Longest request; both are a word at most.
const LARGEST: usize = 4 * 1_024;

fn grpc<Out: prost::Message + 'static, In: prost::Message + Default + 'static>()
-> Grpc<ProstCodec<Out, In>> {
    Grpc::new(ProstCodec::default()).apply_max_message_size_config(Some(LARGEST), None)
}

/// Says a refusal as gRPC does: clients of gRPC read no other status and no JSON.
pub(crate) fn refused(answer: Response) -> Response {
    let Some(Refusal(why)) = answer.extensions().get::<Refusal>() else { return answer };
    let code = match answer.status() {
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::PermissionDenied,
        StatusCode::TOO_MANY_REQUESTS => Code::ResourceExhausted,
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Code::Unimplemented,
        StatusCode::SERVICE_UNAVAILABLE => Code::Unavailable,
        _ => Code::Internal,
    };
    tonic::Status::new(code, why.clone()).into_http::<axum::body::Body>()
}

/// `bellwether.health.v1.HealthService/GetStatus`.
pub(crate) async fn get_status(State(api): State<Api>, request: Request) -> Response {
    let status = service_fn(move |_: tonic::Request<Nothing>| {
        let status = Status::of(&api.snapshot());
        async { Ok::<_, tonic::Status>(tonic::Response::new(status)) }
    });
    grpc().unary(status, request).await.into_response()
}

/// `bellwether.health.v1.HealthService/WatchStatus`.
pub(crate) async fn watch_status(
    State(api): State<Api>,
    Extension(door): Extension<Door>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Response {
    let stream = service_fn(move |_: tonic::Request<Nothing>| {
        let watch = Watch::new(&api, &door, &who, Status::of, Status::is_like);
        async { watch.map(|it| tonic::Response::new(it.stream())) }
    });
    grpc().server_streaming(stream, request).await.into_response()
}

/// `grpc.health.v1.Health/Check`: of the collector for anyone, of components for viewers.
pub(crate) async fn check(
    State(api): State<Api>,
    who: Option<Extension<Who>>,
    request: Request,
) -> Response {
    let check = service_fn(move |request: tonic::Request<Asked>| {
        let service = request.into_inner().service;
        let serving = match (&who, service.is_empty()) {
            (None, false) => Err(tonic::Status::unauthenticated("show a token")),
            _ => match Health::of(&api.snapshot(), &service) {
                Health::ServiceUnknown => {
                    Err(tonic::Status::not_found(format!("there is no component `{service}`")))
                }
                serving => Ok(serving),
            },
        };
        async move { serving.map(|it| tonic::Response::new(Answered { status: it as i32 })) }
    });
    grpc().unary(check, request).await.into_response()
}

/// `grpc.health.v1.Health/Watch`.
pub(crate) async fn watch(
    State(api): State<Api>,
    Extension(door): Extension<Door>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Response {
    let stream = service_fn(move |request: tonic::Request<Asked>| {
        let service = request.into_inner().service;
        let answer = move |it: &crate::Snapshot| {
            let serving = Health::of(it, &service);
            Answered { status: serving as i32 }
        };
        let watch = Watch::new(&api, &door, &who, answer, PartialEq::eq);
        async { watch.map(|it| tonic::Response::new(it.quiet().stream())) }
    });
    grpc().server_streaming(stream, request).await.into_response()
}

#[cfg(test)]
mod tests;
