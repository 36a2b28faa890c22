//! A vendor on a socket: owned tasks, faults, records, and waiting for things
//! to arrive.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    ops::Deref,
    sync::Arc,
    time::Duration,
};

use anyhow::anyhow;
use axum::{
    Router,
    routing::{get, post},
};
use tokio::{net::TcpListener, task::JoinSet, time::timeout};

use super::{
    clock::{Clock, system_clock},
    conn::{Control, Door, Gate},
    control,
    fault::{Fault, FaultPlan, Faults},
    guard::guard,
    record::{Record, Recorder},
    vendor::Vendor,
};

/// Where and with which clock a stand-in runs.
#[derive(Clone)]
pub struct ServerConfig {
    /// Address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Wall clock for ages and listings.
    pub clock: Clock,
    /// How many request records are kept.
    pub keep_records: usize,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock: system_clock(),
            keep_records: 50_000,
        }
    }
}

/// Everything that the handlers of one stand-in share.
pub(crate) struct App<V> {
    pub(crate) vendor: V,
    pub(crate) faults: Faults,
    pub(crate) records: Recorder,
    pub(crate) door: Arc<Door>,
    pub(crate) clock: Clock,
}

impl<V> App<V> {
    /// Puts a plan into effect: refusing at once, all else at the next match.
    pub(crate) fn plan(&self, plan: FaultPlan) {
        match plan.fault {
            Fault::Refuse { ms } => self.door.refuse(Duration::from_millis(ms)),
            _ => self.faults.plan(plan),
        }
    }
}

/// A running stand-in. It stops, and cuts its connections, when dropped.
///
/// Dereferences to the vendor, so that a test can ask `datadog.spans()`.
pub struct Standin<V: Vendor> {
    app: Arc<App<V>>,
    address: SocketAddr,
    _tasks: JoinSet<()>,
}

impl<V: Vendor> Standin<V> {
    /// Listens on the configured address and serves `vendor`.
    ///
    /// # Errors
    /// Fails when the address cannot be bound.
    pub async fn start(vendor: V, config: ServerConfig) -> io::Result<Self> {
        let listener = TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let app = Arc::new(App {
            vendor,
            faults: Faults::new(),
            records: Recorder::new(config.keep_records),
            door: Arc::new(Door::default()),
            clock: config.clock,
        });
        let gate = Gate::new(listener, Arc::clone(&app.door));
        let service = routes(Arc::clone(&app)).into_make_service_with_connect_info::<Control>();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            // `serve` ends only with its task: accept errors are waited out by the gate.
            let _ = axum::serve(gate, service).await;
        });
        Ok(Self { app, address, _tasks: tasks })
    }

    /// Returns the bound address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns `http://host:port`, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Copies the request records that are kept, oldest first.
    pub fn records(&self) -> Vec<Record> {
        self.app.records.all()
    }

    /// Plans a fault; [`Fault::Refuse`] takes effect at once.
    pub fn plan(&self, plan: FaultPlan) {
        self.app.plan(plan);
    }

    /// Copies the plans that are not used up.
    pub fn pending_faults(&self) -> Vec<FaultPlan> {
        self.app.faults.pending()
    }

    /// Forgets all plans, lets connections in again, answers what is held.
    pub fn clear_faults(&self) {
        self.app.faults.clear();
        self.app.door.admit();
    }

    /// Answers every request that a [`Fault::Hold`] keeps waiting.
    pub fn release(&self) {
        self.app.faults.release();
    }

    /// Waits until `seen` finds what it looks for, checking after each request.
    ///
    /// # Errors
    /// Fails after `limit`, naming `what` and the last few requests.
    pub async fn until<T>(
        &self,
        what: &str,
        limit: Duration,
        mut seen: impl FnMut(&Self) -> Option<T>,
    ) -> anyhow::Result<T> {
        let mut count = self.app.records.watch();
        let found = timeout(limit, async {
            loop {
                count.borrow_and_update();
                if let Some(found) = seen(self) {
                    return Some(found);
                }
                if count.changed().await.is_err() {
                    return None;
                }
            }
        });
        if let Ok(Some(found)) = found.await {
            return Ok(found);
        }
        let last: Vec<String> = self.app.records.newest(0, 5).iter().map(brief).collect();
        let name = self.app.vendor.name();
        Err(anyhow!(
            "{name}: {what} was not seen within {limit:?}; last requests: [{}]",
            last.join("; ")
        ))
    }
}

impl<V: Vendor> Deref for Standin<V> {
    type Target = V;

    fn deref(&self) -> &V {
        &self.app.vendor
    }
}

impl<V: Vendor> Drop for Standin<V> {
    fn drop(&mut self) {
        self.app.faults.clear();
        self.app.door.cut_all();
    }
}

fn brief(record: &Record) -> String {
    let reason = record.reason.as_deref().unwrap_or("");
    format!("{} {} -> {} {reason}", record.method, record.path, record.status)
}

fn routes<V: Vendor>(app: Arc<App<V>>) -> Router {
    Router::new()
        .route("/", get(control::page::<V>))
        .route("/_standin/state", get(control::state::<V>))
        .route("/_standin/records", get(control::records::<V>))
        .route(
            "/_standin/faults",
            get(control::faults::<V>).post(control::plan::<V>).delete(control::clear::<V>),
        )
        .route("/_standin/release", post(control::release::<V>))
        .fallback(guard::<V>)
        .with_state(app)
}
