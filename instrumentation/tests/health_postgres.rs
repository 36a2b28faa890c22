//! The health endpoints over a real database that goes away.
//!
//! `BELLWETHER_TEST_POSTGRES_URL` names the server; `make test` starts one and sets the variable.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bellwether::Telemetry;
use bellwether::checks::postgres;
use bellwether::health::Health;
use bellwether::monitors::{Monitor, MonitorState, Monitors, Reach};
use bellwether::routing::Router;
use common::{Server, ask};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How often the database is looked at.
const PERIOD: Duration = Duration::from_secs(1);

/// What the way to the database does with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Open,
    /// Every connection is cut, old and new.
    Cut,
    /// Connections are accepted, and nothing is ever answered.
    Hangs,
}

/// Stands between the service and the database.
struct Proxy {
    address: SocketAddr,
    way: Arc<watch::Sender<Way>>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    async fn start(to: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let way = Arc::new(watch::Sender::new(Way::Open));
        let open = Arc::clone(&way);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                connections.spawn(carry(client, to.clone(), open.subscribe()));
            }
        });
        Self { address, way, _tasks: tasks }
    }
}

async fn carry(mut client: TcpStream, to: String, mut way: watch::Receiver<Way>) {
    let now = *way.borrow_and_update();
    match now {
        Way::Cut => return,
        Way::Hangs => {}
        Way::Open => {
            let mut server = TcpStream::connect(to).await.unwrap();
            let copied = tokio::io::copy_bidirectional(&mut client, &mut server);
            tokio::select! {
                _ = copied => return,
                _ = way.wait_for(|way| *way != Way::Open) => {}
            }
        }
    }
    let _ = way.wait_for(|way| *way == Way::Cut).await;
}

#[expect(
    clippy::disallowed_methods,
    clippy::panic,
    reason = "a test without its server must fail and say how to get one"
)]
fn database() -> String {
    std::env::var("BELLWETHER_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!(
            "this test needs a PostgreSQL server: run `make test`, or set BELLWETHER_TEST_POSTGRES_URL \
             to postgres://user:password@host:port/database"
        )
    })
}

/// Returns the URL's `host:port`.
fn authority(url: &str) -> String {
    let after = url.split("://").nth(1).expect("a URL");
    let authority = after.split('/').next().expect("an authority");
    authority.rsplit('@').next().expect("a host").to_owned()
}

/// Scenario: a service watches a real database every second; the way to it is cut.
/// Guarantee: see [`nothing_says_pass_for`].
#[tokio::test(flavor = "multi_thread")]
async fn nothing_says_pass_for_a_database_that_is_cut_off() {
    nothing_says_pass_for(Way::Cut).await;
}

/// Scenario: the same; the way to it swallows everything.
/// Guarantee: see [`nothing_says_pass_for`].
#[tokio::test(flavor = "multi_thread")]
async fn nothing_says_pass_for_a_database_that_never_answers() {
    nothing_says_pass_for(Way::Hangs).await;
}

/// Health fails, and once the database has been gone for more than three periods no endpoint says `pass` for it any
/// more, at any time; `/ready` holds, because every replica has the same trouble; when the way is open again, all say
/// `pass`.
async fn nothing_says_pass_for(gone: Way) {
    let url = database();
    let authority = authority(&url);
    let proxy = Proxy::start(authority.clone()).await;
    let url = url.replace(&authority, &proxy.address.to_string());
    let telemetry = Telemetry::disabled();
    let monitor = Monitor::new("database", "database", postgres(url))
        .every(PERIOD)
        .gates_readiness(Reach::Shared)
        .business_critical();
    let monitoring = Monitors::new(&telemetry).add(monitor).start();
    let health = Health::new(&telemetry).monitors(&monitoring).token("t").without_startup();
    let router: Router = health.router();
    let server = Server::start(telemetry.instrument(router)).await;
    let mut status = monitoring.watch("database").unwrap();
    status.wait_for(|status| status.state() == MonitorState::Well).await.unwrap();
    assert_eq!(ask(server.address, "/health", None).await.body["status"], "pass");

    proxy.way.send_replace(gone);
    let cut = tokio::time::Instant::now();
    status.wait_for(|status| status.state() == MonitorState::Failing).await.unwrap();
    while cut.elapsed() < 4 * PERIOD {
        for path in ["/health", "/health/business-critical", "/health/detailed"] {
            let answer = ask(server.address, path, Some("t")).await;
            assert_eq!(answer.code, 503, "{path} {answer:?}");
            let body = &answer.body;
            assert_eq!(body["components"]["database"]["status"], "fail", "{body}");
            assert_eq!(body["levels"]["1"]["status"], "fail", "{body}");
            assert_eq!(body["checks"]["database:database"][0]["status"], "fail", "{body}");
        }
        assert_eq!(ask(server.address, "/ready", None).await.body["status"], "warn");
        status.changed().await.unwrap();
    }

    proxy.way.send_replace(Way::Cut);
    proxy.way.send_replace(Way::Open);
    status.wait_for(|status| status.state() == MonitorState::Well).await.unwrap();
    assert_eq!(ask(server.address, "/health", None).await.code, 200);
    monitoring.stop().await;
}
