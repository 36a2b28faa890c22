//! Clients that send without a pause.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tonic::transport::Channel;

/// Clients that send at the same time.
const CLIENTS: u64 = 8;

pub(crate) type Client = TraceServiceClient<Channel>;

pub(crate) fn connect(collector: SocketAddr) -> Client {
    let endpoint = Channel::from_shared(format!("http://{collector}")).unwrap();
    TraceServiceClient::new(endpoint.timeout(Duration::from_secs(5)).connect_lazy())
}

/// Makes a request of one span with some weight, so that segments fill.
pub(crate) fn request(name: &str) -> ExportTraceServiceRequest {
    let span = Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: name.to_owned(),
        trace_state: "x".repeat(2_000),
        ..Span::default()
    };
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }
}

/// Clients at work, and what was acknowledged to them.
#[derive(Default)]
pub(crate) struct Load {
    acknowledged: Arc<Mutex<Told>>,
    clients: JoinSet<()>,
    begun: u64,
}

#[derive(Default)]
pub(crate) struct Told {
    pub(crate) names: BTreeSet<String>,
    /// How often a collector that could be reached said that it takes nothing now.
    pub(crate) refused: u64,
}

impl Load {
    /// Lets eight more clients send to a collector, which need not be there yet.
    pub(crate) fn begin(&mut self, collector: SocketAddr) {
        for _ in 0..CLIENTS {
            let told = Arc::clone(&self.acknowledged);
            self.clients.spawn(client(self.begun, collector, told));
            self.begun += 1;
        }
    }

    /// Ends all clients.
    pub(crate) async fn end(&mut self) {
        self.clients.shutdown().await;
    }

    /// Returns the names of the spans that were acknowledged.
    pub(crate) fn acknowledged(&self) -> BTreeSet<String> {
        self.acknowledged.lock().unwrap().names.clone()
    }

    /// Returns how often a collector said that it takes nothing now.
    pub(crate) fn refused(&self) -> u64 {
        self.acknowledged.lock().unwrap().refused
    }
}

/// Sends one span after the other until it is stopped; each has a name of its own.
async fn client(number: u64, collector: SocketAddr, told: Arc<Mutex<Told>>) {
    let mut client = connect(collector);
    for turn in 0_u64.. {
        let name = format!("{number}-{turn}");
        match client.export(request(&name)).await {
            Ok(_) => drop(told.lock().unwrap().names.insert(name)),
            Err(status) => {
                // a server that lives says when to come again
                let lives = status.metadata().contains_key("grpc-status-details-bin")
                    || !status.details().is_empty();
                told.lock().unwrap().refused += u64::from(lives);
                sleep(Duration::from_millis(5)).await;
            }
        }
    }
}
