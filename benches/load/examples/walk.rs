//! What looking at a request costs, without sockets: `cargo run --release -p bellwether-load --example walk`.
//!
//! The requests, the catalog and the rules are those of the bench. CPU time of the thread, on
//! Linux: the least of some rounds. Also what callgrind and perf are pointed at: `--only validate`,
//! `--only observe`, `--rounds 1`.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use bellwether_config::{Document, Lookup};
use bellwether_core::catalog::{Catalog, Matcher};
use bellwether_core::ids::RuleId;
use bellwether_core::ingest::Signal;
use bellwether_core::store::Restored;
use bellwether_core::time::Timestamp;
use bellwether_health::enrich::{Editing, Tags, Unwell};
use bellwether_health::rules::{self, Kind, Rule};
use bellwether_health::{Engine, Observer};
use bellwether_load::drive::now;
use bellwether_load::spans::{Shape, templates};
use bellwether_otlp::rewrite::{self, Redaction};
use bytes::Bytes;
use clap::Parser;

/// Requests of a round: as many as the bench has.
const REQUESTS: usize = 1_000;

#[derive(Parser)]
struct Options {
    /// Only what has this in its name.
    #[arg(long, default_value = "")]
    only: String,
    /// How often each thing is done with all requests.
    #[arg(long, default_value_t = 10)]
    rounds: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let shape = Shape::default();
    let templates = templates(shape, REQUESTS);
    let requests: Vec<Bytes> = templates.iter().map(|it| it.fresh(1, now()).body()).collect();
    let spans = (requests.len() * shape.spans) as u64;
    let time = Timestamp::from_nanos(i64::try_from(now())?);
    let measure = |name: &str, walk: &mut dyn FnMut(&Bytes)| -> Result<(), Box<dyn Error>> {
        if !name.contains(&options.only) {
            return Ok(());
        }
        let mut least = u64::MAX;
        for _ in 0..options.rounds {
            let before = cpu()?;
            requests.iter().for_each(&mut *walk);
            least = least.min(cpu()? - before);
        }
        println!("{:>6} ns a span: {name}", least / spans);
        Ok(())
    };
    measure("copy", &mut |it| drop(black_box(it.to_vec())))?;
    measure("validate", &mut |it| {
        black_box(bellwether_otlp::validate::traces(it).is_ok());
    })?;
    let (catalog, rules) = rules()?;
    let mut engine = Engine::new(catalog.clone(), rules, &Restored::default(), time);
    let observer = Observer::new(engine.plan(), 1);
    measure("observe", &mut |it| {
        black_box(observer.observe(Signal::Traces, it, time).items);
    })?;
    // what a second brings, judged
    engine.absorb(&observer.harvest());
    let (mut second, mut at) = (0, time);
    measure("observe and judge once a round", &mut |it| {
        black_box(observer.observe(Signal::Traces, it, at).items);
        second += 1;
        if second % REQUESTS == 0 {
            at = at.plus(Duration::from_secs(1));
            engine.absorb(&observer.harvest());
            black_box(engine.evaluate(at).active.len());
        }
    })?;
    let nothing = Redaction::default();
    let matcher = Arc::new(Matcher::new(&catalog));
    let tags = Tags::new(&catalog, matcher, &Unwell::new(), &nothing, 1);
    measure("enrich", &mut |it| {
        let mut editing = Editing::new(Some(&tags), &nothing, &nothing);
        drop(black_box(rewrite::traces(it, &mut editing)));
    })
}

/// Returns the CPU time of this thread in nanoseconds.
fn cpu() -> Result<u64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(stat.split(' ').next().unwrap_or_default().parse()?)
}

/// Reads the catalog and the rules of the bench, with those that hold without being written.
fn rules() -> Result<(Catalog, Vec<Rule>), Box<dyn Error>> {
    let read = |name: &str, text: &str| {
        Document::parse(name, text, &Lookup::none()).map_err(|it| it.render(false))
    };
    let catalog = read("catalog.yaml", &bellwether_load::rules::catalog())?.whole().value();
    let catalog = Catalog::check(serde_json::from_value(catalog)?);
    let catalog = catalog.map_err(|flaws| format!("{flaws:?}"))?;
    let document = read("rules.yaml", &bellwether_load::rules::rules())?.whole().value();
    let mut built = Vec::new();
    for (id, settings) in document["rules"].as_object().into_iter().flatten() {
        let kind = settings["kind"].as_str().and_then(Kind::find).ok_or("no such kind")?;
        let rule = kind.build(RuleId::new(id), settings.clone(), &catalog);
        built.push(rule.map_err(|flaw| format!("{flaw:?}"))?);
    }
    let rules = rules::with_defaults(built, &catalog);
    Ok((catalog, rules))
}
