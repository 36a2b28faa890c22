//! Measures one variant.

use std::io::{BufRead, Write};
use std::time::Duration;

use anyhow::ensure;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde::{Deserialize, Serialize};
use tower::ServiceExt;

use crate::variant::{Keep, Trace, Variant};
use crate::{alloc, clock};

/// Requests between two pauses: as many spans as make a batch, so that the queue of 2,048 never overflows.
const CHUNK: u32 = 512;
/// Chunks of one measurement.
pub(crate) const CHUNKS: u32 = 24;
/// How long the process must have been idle before the next chunk, in looks of [`LOOK`].
const IDLE_LOOKS: u32 = 4;
const LOOK: Duration = Duration::from_millis(5);
/// CPU time between two looks below which a process counts as idle.
const IDLE: Duration = Duration::from_micros(40);

/// What one request cost, on average over one measurement.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// CPU time of the thread that served it, in nanoseconds.
    pub(crate) thread: f64,
    /// CPU time of the process, exports included, in nanoseconds.
    pub(crate) process: f64,
    /// Allocations on the thread that served it.
    pub(crate) allocations: f64,
    /// Bytes of these allocations.
    pub(crate) bytes: f64,
}

/// Measures whenever a line comes in, prints the cost, and ends with the input.
pub(crate) fn run(variant: Variant, trace: Trace, endpoint: &str) -> anyhow::Result<()> {
    let exports =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let entered = exports.enter();
    let service = variant.build(endpoint)?;
    drop(entered);
    let serving = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for line in std::io::stdin().lock().lines() {
        line?;
        let cost = serving.block_on(measure(&service.app, trace))?;
        println!("{}", serde_json::to_string(&cost)?);
        std::io::stdout().flush()?;
    }
    match service.keep {
        Keep::Nothing => {}
        Keep::Provider(provider) => provider.shutdown()?,
        Keep::Telemetry(telemetry) => {
            let loss = telemetry.export_loss();
            ensure!(loss.iter().all(|it| it.total() == 0), "telemetry was lost: {loss:?}");
            drop(telemetry);
        }
    }
    Ok(())
}

/// Waits until nothing works any more: CPU clocks stand still meanwhile, and no queue overflows.
fn until_exported() {
    let mut idle = 0;
    while idle < IDLE_LOOKS {
        let before = clock::process();
        std::thread::sleep(LOOK);
        idle = if clock::process() - before < IDLE { idle + 1 } else { 0 };
    }
}

async fn measure(app: &Router, trace: Trace) -> anyhow::Result<Cost> {
    let (mut thread, mut allocated) = (Duration::ZERO, (0, 0));
    let process = clock::process();
    for _ in 0..CHUNKS {
        let (before, began) = (alloc::counted(), clock::thread());
        for _ in 0..CHUNK {
            let request = Request::get("/api/v1/admin/users/42")
                .header("host", "shop.example")
                .header("traceparent", trace.parent())
                .body(Body::empty())?;
            let response = app.clone().oneshot(request).await?;
            ensure!(response.status() == StatusCode::OK, "the service answers");
        }
        thread += clock::thread() - began;
        let after = alloc::counted();
        allocated = (allocated.0 + after.0 - before.0, allocated.1 + after.1 - before.1);
        until_exported();
    }
    let process = clock::process() - process;
    let requests = f64::from(CHUNK * CHUNKS);
    let nanos = |time: Duration| time.as_secs_f64() * 1e9 / requests;
    Ok(Cost {
        thread: nanos(thread),
        process: nanos(process),
        allocations: allocated.0 as f64 / requests,
        bytes: allocated.1 as f64 / requests,
    })
}
