use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use bellwether_core::BoxFuture;
use bellwether_core::act::Refused;
use bellwether_core::catalog::Catalog;
use bellwether_core::facts::{Fact, Removal, Source};
use bellwether_core::route::Route;
use bellwether_core::state::ComponentState;
use bellwether_core::store::{Restored, Retention, StoreError};
use bellwether_health::rules::with_defaults;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::*;

/// A store that keeps commits, or fails when told to.
#[derive(Default)]
struct Shelf {
    broken: AtomicBool,
    commits: Mutex<Vec<Commit>>,
}

impl Store for Shelf {
    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            if self.broken.load(Ordering::SeqCst) {
                return Err(StoreError { what: "commit", source: "the disk is full".into() });
            }
            self.commits.lock().unwrap().push(commit);
            Ok(())
        })
    }

    fn restore(&self) -> BoxFuture<'_, Result<Restored, StoreError>> {
        Box::pin(async { Ok(Restored::default()) })
    }

    fn forget_instances(&self, _: Timestamp) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(async { Ok(0) })
    }

    fn compact(&self, _: Timestamp, _: Retention) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(async { Ok(0) })
    }

    fn prove(&self, _: Timestamp) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }
}

/// The policy of a collector that has no channel for people.
fn nobody() -> Arc<Policy> {
    Arc::new(Policy::everybody(vec![]))
}

struct Story {
    shelf: Arc<Shelf>,
    reports: mpsc::Sender<Report>,
    orders: mpsc::Sender<Order>,
    asks: mpsc::Sender<Ask>,
    stands: watch::Receiver<Stand>,
    probes: Probes,
    stop: CancellationToken,
    running: JoinSet<anyhow::Result<()>>,
}

/// Makes a catalog of components, each with the routes below its name.
fn catalog(components: &[&str]) -> Catalog {
    let component = |it: &&str| {
        let routes = format!("/{it}/**");
        ((*it).to_owned(), serde_json::json!({ "services": ["api"], "routes": [routes] }))
    };
    let components: serde_json::Map<_, _> = components.iter().map(component).collect();
    let raw = serde_json::json!({ "components": components });
    Catalog::check(serde_json::from_value(raw).unwrap()).unwrap()
}

impl Story {
    fn begin() -> Self {
        let catalog = catalog(&["admin"]);
        let rules = with_defaults(vec![], &catalog);
        let shelf = Arc::new(Shelf::default());
        let (reports, inbox) = mpsc::channel(16);
        let (orders, ordered) = mpsc::channel(1);
        let (asks, asked) = mpsc::channel(1);
        let (show, stands) = watch::channel(Stand::default());
        let probes = Probes::default();
        let now = Timestamp::from_secs(1_000);
        let engine = Engine::new(catalog, rules, &Restored::default(), now);
        let plane = Plane {
            observer: Arc::new(Observer::new(engine.plan(), 1)),
            engine,
            desk: Desk::new(&Restored::default(), vec![], nobody()),
            store: shelf.clone(),
            reports: inbox,
            orders: ordered,
            asks: asked,
            told: vec![],
            audit: vec![],
            every: Duration::from_secs(1),
            clock: Clock::virtual_from(Timestamp::from_secs(1_000)),
            show: Box::new(move |_, stand| {
                show.send_replace(stand.clone());
            }),
            evaluated: watch::Sender::new(None),
            owed: watch::channel(0).0,
            unstored: Commit::default(),
            probes: probes.clone(),
            holds: Holds::default(),
            waking: Waking::default(),
        };
        let stop = CancellationToken::new();
        let mut running = JoinSet::new();
        running.spawn(plane.run(stop.clone()));
        Self { shelf, reports, orders, asks, stands, probes, stop, running }
    }

    /// Reports a manifest and returns whether it was acknowledged.
    async fn manifest(&self, routes: &[&str]) -> bool {
        let routes = routes.iter().map(|it| it.parse().unwrap()).collect();
        self.fact(Fact::Routes { routes, outcome: None, every: None }).await
    }

    async fn fact(&self, fact: Fact) -> bool {
        let source = Source { service: "api".into(), version: "1".into(), instance: "a".into() };
        let observed = Observed { source, at: Timestamp::from_secs(1_000), fact };
        let facts = vec![observed];
        let (committed, answer) = oneshot::channel();
        self.reports.send(Report { facts, committed }).await.unwrap();
        answer.await.is_ok()
    }

    async fn accept(&self, removal: Removal) -> Result<Vec<Route>, Refused> {
        let (answer, answered) = oneshot::channel();
        self.asks.send(Ask::Accept(removal, answer)).await.unwrap();
        answered.await.unwrap()
    }

    /// Has the plane go on with another catalog and the rules that hold without being written.
    async fn order(&self, components: &[&str]) {
        let catalog = catalog(components);
        let (done, holds) = oneshot::channel();
        let rules = with_defaults(vec![], &catalog);
        let every = Duration::from_secs(1);
        let order = Order { catalog, rules, every, followers: vec![], policy: nobody(), done };
        self.orders.send(order).await.unwrap();
        holds.await.unwrap();
    }

    fn admin(stand: &Stand) -> Option<ComponentState> {
        stand.evaluation.effective.get("admin").copied()
    }
}

#[tokio::test(start_paused = true)]
async fn a_fact_is_acknowledged_only_once_it_is_stored() {
    let story = Story::begin();
    assert!(story.manifest(&["GET /admin/x"]).await);
    assert_eq!(story.shelf.commits.lock().unwrap()[0].instances.len(), 1);
    story.shelf.broken.store(true, Ordering::SeqCst);
    assert!(!story.manifest(&["GET /admin/x"]).await, "the sender is told to try again");
    story.shelf.broken.store(false, Ordering::SeqCst);
    assert!(story.manifest(&["GET /admin/x"]).await);
}

#[tokio::test(start_paused = true)]
async fn a_probe_is_seen_only_once_it_is_stored() {
    let story = Story::begin();
    let probe = || Fact::Probe { nonce: "n-1".into() };
    let seen = || story.probes.has_seen("n-1", Timestamp::from_secs(1_000));
    story.shelf.broken.store(true, Ordering::SeqCst);
    assert!(!story.fact(probe()).await);
    assert!(!seen());
    story.shelf.broken.store(false, Ordering::SeqCst);
    assert!(story.fact(probe()).await);
    assert!(seen());
}

#[tokio::test(start_paused = true)]
async fn a_change_that_could_not_be_stored_is_stored_with_the_next_evaluation() {
    let mut story = Story::begin();
    assert!(story.manifest(&["GET /admin/x"]).await);
    let well = |stand: &Stand| Story::admin(stand) == Some(ComponentState::Operational);
    story.stands.wait_for(well).await.unwrap();
    story.shelf.broken.store(true, Ordering::SeqCst);
    assert!(!story.manifest(&[]).await);
    let out = |stand: &Stand| Story::admin(stand) == Some(ComponentState::MajorOutage);
    let stand = story.stands.wait_for(|it| out(it) && it.store_error.is_some()).await.unwrap();
    assert_eq!(stand.incidents.len(), 1, "people see it all the same");
    drop(stand);
    story.shelf.broken.store(false, Ordering::SeqCst);
    story.stands.wait_for(|it| it.store_error.is_none()).await.unwrap();
    let commits = story.shelf.commits.lock().unwrap();
    let stored = commits.last().unwrap();
    assert_eq!(stored.incidents.len(), 1);
    assert_eq!(stored.transitions.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_reported_before_a_stop_is_still_taken() {
    let mut story = Story::begin();
    let (committed, answer) = oneshot::channel();
    let report = Report { facts: vec![], committed };
    story.reports.send(report).await.unwrap();
    story.stop.cancel();
    assert!(answer.await.is_ok());
    assert!(story.running.join_next().await.unwrap().unwrap().is_ok());
    assert!(story.reports.is_closed());
}

#[tokio::test(start_paused = true)]
async fn other_rules_keep_what_is_known() {
    let mut story = Story::begin();
    assert!(story.manifest(&["GET /health"]).await);
    let outage = Some(ComponentState::MajorOutage);
    story
        .stands
        .wait_for(|it| Story::admin(it) == outage && it.incidents.len() == 1)
        .await
        .unwrap();
    let incident = story.stands.borrow().incidents[0].id.clone();

    story.order(&["admin", "auth"]).await;
    let known = |it: &Stand| it.evaluation.effective.contains_key("auth");
    let stand = story.stands.wait_for(known).await.unwrap().clone();
    assert_eq!(Story::admin(&stand), outage, "the outage goes on");
    assert_eq!(
        stand.incidents.iter().filter(|it| it.id == incident).count(),
        1,
        "and its incident"
    );

    // what is not watched any more is over
    story.order(&["auth"]).await;
    let gone =
        |it: &Stand| Story::admin(it).is_none() && !it.incidents.iter().any(|it| it.id == incident);
    story.stands.wait_for(gone).await.unwrap();
    story.order(&["admin"]).await;
    story.stands.wait_for(|it| Story::admin(it) == outage).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_removal_on_purpose_holds_only_once_it_is_stored() {
    let mut story = Story::begin();
    assert!(story.manifest(&["GET /admin/x", "GET /admin/y"]).await);
    assert!(story.manifest(&["GET /admin/x"]).await);
    let partial = |it: &Stand| Story::admin(it) == Some(ComponentState::PartialOutage);
    story.stands.wait_for(partial).await.unwrap();
    let removal = |route: &str| Removal {
        service: "api".into(),
        routes: vec![route.parse().unwrap()],
        by: "jane".to_owned(),
        why: "moved".to_owned(),
    };
    let unknown = story.accept(removal("/nowhere")).await.unwrap_err();
    assert_eq!(unknown.to_string(), "`api` never served a route that fits `/nowhere`");
    story.shelf.broken.store(true, Ordering::SeqCst);
    assert_eq!(
        story.accept(removal("/admin/y")).await,
        Err(Refused::Later("it could not be stored now".to_owned()))
    );
    story.shelf.broken.store(false, Ordering::SeqCst);
    let evaluated = story.stands.borrow_and_update().at;
    let stand = story.stands.wait_for(|it| it.at > evaluated).await.unwrap().clone();
    assert!(partial(&stand), "what is not stored is not so");

    let routes = story.accept(removal("/admin/y")).await.unwrap();
    assert_eq!(routes, ["GET /admin/y".parse().unwrap()]);
    let stored = story.shelf.commits.lock().unwrap().last().unwrap().services[0].clone();
    assert_eq!(stored.accepted.values().next().unwrap().by, "jane");
    let well = |it: &Stand| Story::admin(it) == Some(ComponentState::Operational);
    story.stands.wait_for(well).await.unwrap();
}
