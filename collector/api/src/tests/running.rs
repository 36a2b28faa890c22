//! An API that listens on loopback.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::memory::Memory;
use super::samples::snapshot;
use super::sources;
use crate::view::Snapshot;
use crate::{Api, Config, Sources, TokenFile};

/// A running API, and the hand that publishes its snapshots.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) tokens: TokenFile,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: JoinSet<std::io::Result<()>>,
    hand: watch::Sender<Arc<Snapshot>>,
    _folder: tempfile::TempDir,
}

impl Running {
    pub(crate) async fn new(config: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tokens = TokenFile::in_folder(folder.path());
        let (hand, snapshots) = watch::channel(Arc::new(snapshot()));
        let sources = Sources { tokens: tokens.clone(), ..sources(snapshots, Memory::default()) };
        let config: Config = serde_json::from_value(config).unwrap();
        let server = config.bind(Api::new(sources)).await.unwrap();
        let (address, stop) = (server.local_addr(), CancellationToken::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(server.run(stop.clone()));
        Self { address, tokens, stop, tasks, hand, _folder: folder }
    }

    /// Asks nobody for a token.
    pub(crate) async fn loopback() -> Self {
        Self::new(json!({ "endpoint": "127.0.0.1:0" })).await
    }

    /// Publishes a snapshot that differs in what a test changes.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        let mut next = snapshot();
        change(&mut next);
        self.hand.send_replace(Arc::new(next));
    }
}
