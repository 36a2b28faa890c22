//! Calls over a real socket, with a client that knows the messages only by their numbers.

use std::time::Duration;

use bellwether_core::access::Role;
use bellwether_core::state::ComponentState;
use http::uri::PathAndQuery;
use serde_json::json;
use tokio::time::timeout;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Streaming};
use tonic_prost::ProstCodec;

use super::message::{Answered, Asked, Health, Nothing, Status};
use crate::tests::running::Running;
use crate::tests::samples::{at, snapshot};

const PATIENCE: Duration = Duration::from_secs(20);

/// A client of a running API.
struct Caller {
    running: Running,
    channel: Channel,
}

impl Caller {
    async fn of(running: Running) -> Self {
        let url = format!("http://{}", running.address);
        let channel = Endpoint::from_shared(url).unwrap().connect().await.unwrap();
        Self { running, channel }
    }

    async fn call<In, Out>(&self, path: &'static str, request: Request<In>) -> Result<Out, Code>
    where
        In: prost::Message + 'static,
        Out: prost::Message + Default + 'static,
    {
        let mut client = Grpc::new(self.channel.clone());
        client.ready().await.unwrap();
        let codec = ProstCodec::<In, Out>::default();
        let answer = client.unary(request, PathAndQuery::from_static(path), codec).await;
        answer.map(tonic::Response::into_inner).map_err(|it| it.code())
    }

    async fn watch<In, Out>(
        &self,
        path: &'static str,
        request: Request<In>,
    ) -> Result<Streaming<Out>, Code>
    where
        In: prost::Message + 'static,
        Out: prost::Message + Default + 'static,
    {
        let mut client = Grpc::new(self.channel.clone());
        client.ready().await.unwrap();
        let codec = ProstCodec::<In, Out>::default();
        let path = PathAndQuery::from_static(path);
        let answer = client.server_streaming(request, path, codec).await;
        answer.map(tonic::Response::into_inner).map_err(|it| it.code())
    }
}

const GET: &str = "/bellwether.health.v1.HealthService/GetStatus";
const WATCH: &str = "/bellwether.health.v1.HealthService/WatchStatus";
const CHECK: &str = "/grpc.health.v1.Health/Check";
const HEALTH: &str = "/grpc.health.v1.Health/Watch";

async fn next<M>(stream: &mut Streaming<M>) -> Result<M, Code> {
    let next = timeout(PATIENCE, stream.message()).await.unwrap();
    next.map(Option::unwrap).map_err(|it| it.code())
}

fn asked(service: &str) -> Request<Asked> {
    Request::new(Asked { service: service.to_owned() })
}

#[tokio::test]
async fn a_watcher_is_told_what_changes() {
    let caller = Caller::of(Running::loopback().await).await;
    let status: Status = caller.call(GET, Request::new(Nothing {})).await.unwrap();
    assert_eq!(status, Status::of(&snapshot()));
    let mut stream = caller.watch::<_, Status>(WATCH, Request::new(Nothing {})).await.unwrap();
    assert_eq!(next(&mut stream).await.unwrap(), status);
    caller.running.change(|it| it.components[0].effective = ComponentState::Operational);
    loop {
        let now = next(&mut stream).await.unwrap();
        // in between, the same may be said again
        if now != status {
            assert!(!now.is_like(&status));
            break;
        }
    }
    caller.running.stop.cancel();
    let end = loop {
        match next(&mut stream).await {
            Ok(_) => {}
            Err(code) => break code,
        }
    };
    assert_eq!(end, Code::Unavailable);
}

#[tokio::test]
async fn health_is_told_as_grpc_has_it() {
    let caller = Caller::of(Running::loopback().await).await;
    let check = async |service: &str| -> Result<i32, Code> {
        Ok(caller.call::<_, Answered>(CHECK, asked(service)).await?.status)
    };
    assert_eq!(check("").await, Ok(Health::Serving as i32));
    assert_eq!(check("admin").await, Ok(Health::NotServing as i32));
    assert_eq!(check("nobody").await, Err(Code::NotFound));
    let mut stream = caller.watch::<_, Answered>(HEALTH, asked("admin")).await.unwrap();
    assert_eq!(next(&mut stream).await.unwrap().status, Health::NotServing as i32);
    caller.running.change(|it| {
        it.collector.now = at(101).into();
        it.components.iter_mut().for_each(|it| it.effective = ComponentState::Operational);
    });
    assert_eq!(next(&mut stream).await.unwrap().status, Health::Serving as i32);
    let mut unknown = caller.watch::<_, Answered>(HEALTH, asked("nobody")).await.unwrap();
    assert_eq!(next(&mut unknown).await.unwrap().status, Health::ServiceUnknown as i32);
}

/// Guarantee: gRPC takes the same tokens as everything else, and what anyone may ask is whether
/// the collector is ready.
#[tokio::test]
async fn grpc_asks_for_tokens_too() {
    let closed = json!({ "endpoint": "127.0.0.1:0", "auth": { "without_token": "nobody" } });
    let caller = Caller::of(Running::new(closed).await).await;
    let nothing = || Request::new(Nothing {});
    assert_eq!(caller.call::<_, Status>(GET, nothing()).await, Err(Code::Unauthenticated));
    let refused = caller.watch::<_, Status>(WATCH, nothing()).await.err();
    assert_eq!(refused, Some(Code::Unauthenticated));
    let refused = caller.watch::<_, Answered>(HEALTH, asked("")).await.err();
    assert_eq!(refused, Some(Code::Unauthenticated));
    let of_component = caller.call::<_, Answered>(CHECK, asked("admin")).await;
    assert_eq!(of_component, Err(Code::Unauthenticated));
    let of_nothing = caller.call::<_, Answered>(CHECK, asked("nobody")).await;
    assert_eq!(of_nothing, Err(Code::Unauthenticated), "whether it is there or not");
    assert!(caller.call::<_, Answered>(CHECK, asked("")).await.is_ok());
    let made = caller.running.tokens.create("eve", Role::Viewer, at(0)).unwrap();
    let mut request = nothing();
    let value = format!("Bearer {}", made.secret.expose()).parse().unwrap();
    request.metadata_mut().insert("authorization", value);
    assert!(caller.call::<_, Status>(GET, request).await.is_ok());
}
