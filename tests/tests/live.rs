//! The WebSocket of a real collector: how soon a fault is there, and what many who look cost.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use bellwether_tests::harness::collector::Collector;
use bellwether_tests::harness::otlp::Sender;
use bellwether_tests::harness::process::Setup;
use futures_util::StreamExt;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// How many look at once.
const SOCKETS: usize = 200;

/// How much more memory the collector may have had after a while than at its begin.
const GROWTH: u64 = 8 << 20;

type Socket = WebSocketStream<TcpStream>;

async fn open(base: &str) -> anyhow::Result<Socket> {
    let address = base.trim_start_matches("http://");
    let stream = TcpStream::connect(address).await?;
    let (socket, _) = client_async(format!("ws://{address}/api/v1/live"), stream).await?;
    Ok(socket)
}

async fn next(socket: &mut Socket) -> anyhow::Result<Value> {
    loop {
        match timeout(LIMIT, socket.next()).await?.context("it ended")?? {
            Message::Text(text) => return Ok(serde_json::from_str(&text)?),
            Message::Ping(_) => {}
            other => bail!("{other:?}"),
        }
    }
}

/// Reads on until a component has a state.
async fn until(socket: &mut Socket, state: &str) -> anyhow::Result<()> {
    loop {
        let message = next(socket).await?;
        let all = message.pointer("/snapshot/components");
        let all = all.or_else(|| message.pointer("/components/changed"));
        let mut all = all.and_then(Value::as_array).into_iter().flatten();
        if all.any(|it| it["id"] == "admin" && it["effective"] == state) {
            return Ok(());
        }
    }
}

/// Scenario: the admin panel's route goes and comes back ten times, while somebody looks.
/// Guarantee: each time it is told over the socket within 5 s of the telemetry that shows it.
#[tokio::test]
async fn a_fault_is_told_over_the_socket_within_seconds() -> anyhow::Result<()> {
    let catalog = "components: { admin: { services: [api], routes: [\"/admin/**\"] } }";
    let collector = Collector::start(catalog, "rules: {}").await?;
    let mut socket = open(&format!("http://{}", collector.dashboard())).await?;
    let sender = Sender::connect(collector.otlp(), "api", "1.0.0", "i-1").await?;
    let mut took = Vec::new();
    for _ in 0..10 {
        sender.manifest(&["GET /admin/users", "GET /other"]).await?;
        until(&mut socket, "operational").await?;
        let began = Instant::now();
        sender.manifest(&["GET /other"]).await?;
        until(&mut socket, "major_outage").await?;
        took.push(began.elapsed());
    }
    took.sort();
    println!("from telemetry to socket: {took:?}");
    let worst = took.last().context("ten of them")?;
    ensure!(*worst < Duration::from_secs(5), "{took:?}");
    collector.stop().await
}

/// Scenario: two hundred pages look at a collector that evaluates every second.
/// Guarantee: all are told all the while, and the collector has no more memory after fifteen
/// changes than after the first three.
#[tokio::test]
async fn two_hundred_who_look_do_not_let_memory_grow() -> anyhow::Result<()> {
    let setup = Setup::alone()?;
    let collector = setup.start().await?;
    let (told, mut heard) = mpsc::channel(SOCKETS);
    let mut tasks: JoinSet<anyhow::Result<()>> = JoinSet::new();
    for _ in 0..SOCKETS {
        let mut socket = open(collector.base()).await?;
        let told = told.clone();
        tasks.spawn(async move {
            for count in 1..=18_u32 {
                next(&mut socket).await?;
                told.send(count).await?;
            }
            Ok(())
        });
    }
    drop(told);
    let mut early = None;
    let (mut warm, mut all) = (0, 0);
    while let Some(count) = timeout(LIMIT, heard.recv()).await? {
        all += 1;
        warm += usize::from(count == 3);
        if warm == SOCKETS && early.is_none() {
            early = Some(collector.peak_memory()?);
        }
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    assert_eq!(all, 18 * SOCKETS);
    let (early, late) = (early.context("all were told three times")?, collector.peak_memory()?);
    println!("memory with {SOCKETS} sockets: {early}, then {late} bytes");
    ensure!(late < early + GROWTH, "{early} became {late}");
    collector.stop().await
}
