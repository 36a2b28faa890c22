//! `make bench`: what a collector costs, beside others, on one machine.

mod backtest;
mod bench;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use bellwether_load::client::{Compression, Lane, Protocol};
use bellwether_load::drive::{Feed, Pace, drive};
use bellwether_load::ending::ended;
use bellwether_load::sink::{Mood, Sink};
use bellwether_load::spans::Shape;
use clap::{Args, Parser, Subcommand};
use tokio::task::JoinSet;

#[derive(Parser)]
#[command(about = "Offers a collector load, takes what it sends on, and measures what it costs")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures collectors beside each other and writes the figures down.
    Bench(bench::Options),
    /// Measures what `bellwether backtest` takes for a generated day.
    Backtest(backtest::Options),
    /// Offers load to whatever listens, and says what came of it.
    Load(Load),
    /// Takes OTLP over gRPC and HTTP on one port, and says every second what came.
    Sink(Listen),
    /// Takes OTLP and counts its bytes alone: the least that a receiver can cost.
    Floor(Listen),
}

#[derive(Args)]
struct Load {
    /// Where the peer listens.
    #[arg(long, default_value = "127.0.0.1:4317")]
    peer: SocketAddr,
    /// How requests travel.
    #[arg(long, default_value = "grpc")]
    protocol: Protocol,
    /// How bodies are compressed.
    #[arg(long, default_value = "none")]
    compression: Compression,
    /// Spans of a request.
    #[arg(long, default_value_t = 100)]
    spans: usize,
    /// Spans offered a second; as many as are taken unless set.
    #[arg(long)]
    rate: Option<u64>,
    /// Requests under way at once.
    #[arg(long, default_value_t = 16)]
    lanes: usize,
    /// For how long.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
}

#[derive(Args)]
struct Listen {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:4319")]
    listen: SocketAddr,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    ended(run().await)
}

async fn run() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Bench(options) => bench::run(&options).await,
        Command::Backtest(options) => backtest::run(&options),
        Command::Load(load) => offer(&load).await,
        Command::Sink(it) => count(it.listen, Mood::Spans).await,
        Command::Floor(it) => count(it.listen, Mood::Bytes).await,
    }
}

async fn offer(load: &Load) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    let way = (load.protocol, load.compression);
    let mut lanes = Lane::open(load.peer, way, load.lanes, 4, &mut tasks).await?;
    let mut feed = Feed::new(Shape { spans: load.spans, ..Shape::default() });
    feed.prepare(load.compression)?;
    let pace = load.rate.map_or(Pace::Closed, |spans_per_second| Pace::Open { spans_per_second });
    let duration = Duration::from_secs_f64(load.seconds);
    let outcome = drive(&mut lanes, &mut feed, pace, duration).await;
    let seconds = outcome.elapsed.as_secs_f64();
    println!(
        "offered {} spans, accepted {} ({:.0} a second), p50 {:?}, p99 {:?}, answers {:?}",
        outcome.offered,
        outcome.accepted,
        outcome.accepted as f64 / seconds,
        outcome.latencies.quantile(0.5),
        outcome.latencies.quantile(0.99),
        outcome.answers,
    );
    Ok(())
}

async fn count(listen: SocketAddr, mood: Mood) -> anyhow::Result<()> {
    let sink = Sink::start(listen, mood, false)?;
    let mut stop = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let mut told = u64::MAX;
    loop {
        tokio::select! {
            _ = stop.recv() => return Ok(()),
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
        let tally = &sink.tally;
        if tally.requests() != told && mood == Mood::Spans {
            told = tally.requests();
            println!("{told} requests, {} spans, {} bytes", tally.spans(), tally.bytes());
        }
    }
}
