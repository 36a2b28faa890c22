//! What looking at a request costs, without sockets: `cargo run --release -p bellwether-load --example walk`.
//!
//! Also what callgrind and perf are pointed at: `--only validate`, `--only observe`.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use bellwether_core::catalog::Catalog;
use bellwether_core::ingest::Signal;
use bellwether_core::time::Timestamp;
use bellwether_health::{Observer, Plan};
use bellwether_load::drive::now;
use bellwether_load::spans::{Shape, templates};

const ROUNDS: usize = 40;

fn main() {
    let only = std::env::args().skip_while(|it| it != "--only").nth(1).unwrap_or_default();
    let shape = Shape::default();
    let requests: Vec<_> =
        templates(shape, 128).iter().map(|it| it.fresh(1, now()).body()).collect();
    let bytes: usize = requests.iter().map(|it| it.len()).sum();
    let time = Timestamp::from_nanos(i64::try_from(now()).unwrap_or_default());
    let measure = |name: &str, walk: &dyn Fn(&[u8])| {
        if !name.contains(&only) {
            return;
        }
        let began = Instant::now();
        for _ in 0..ROUNDS {
            requests.iter().for_each(|it| walk(it));
        }
        let nanos = began.elapsed().as_nanos() as f64;
        let spans = (ROUNDS * requests.len() * shape.spans) as f64;
        let rate = (ROUNDS * bytes) as f64 / nanos;
        println!("{name}: {:.0} ns a span, {rate:.2} GB/s", nanos / spans);
    };
    measure("copy", &|it| drop(black_box(it.to_vec())));
    measure("count", &|it| {
        let mut spans = 0;
        bellwether_load::wire::spans(it, |_| spans += 1);
        black_box(spans);
    });
    measure("validate", &|it| {
        black_box(bellwether_otlp::validate::traces(it).is_ok());
    });
    // for the rules that hold without a catalog
    let (plan, _) = Plan::new(&Catalog::default(), []);
    let observer = Observer::new(Arc::new(plan), 1);
    measure("observe", &|it| {
        black_box(observer.observe(Signal::Traces, it, time).items);
    });
}
