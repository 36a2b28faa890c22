//! The named parts of a running collector: none ends without somebody noticing.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::{Id, JoinSet};

/// The parts that run. Dropping it ends them.
#[derive(Default)]
pub(super) struct Parts {
    set: JoinSet<anyhow::Result<()>>,
    names: BTreeMap<Id, String>,
    failed: Option<anyhow::Error>,
}

impl Parts {
    /// Runs a part under a name.
    pub(super) fn run(
        &mut self,
        name: impl Into<String>,
        part: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        let handle = self.set.spawn(part);
        self.names.insert(handle.id(), name.into());
    }

    /// Waits until any part ends, which none should, and says which and why.
    pub(super) async fn first_to_end(&mut self) -> anyhow::Error {
        match self.next().await {
            Some((name, Ok(()))) => anyhow::anyhow!("{name} ended by itself"),
            Some((name, Err(error))) => error.context(format!("{name} failed")),
            None => anyhow::anyhow!("there was nothing to run"),
        }
    }

    /// Waits until every part whose name begins with `prefix` has ended, for `at_most` long.
    pub(super) async fn wait_for(&mut self, prefix: &str, at_most: Duration) {
        let ended = tokio::time::timeout(at_most, async {
            while self.names.values().any(|name| name.starts_with(prefix)) {
                match self.next().await {
                    Some((name, Err(error))) => self.note(error.context(format!("{name} failed"))),
                    Some((_, Ok(()))) => {}
                    None => break,
                }
            }
        });
        if ended.await.is_err() {
            let late: Vec<&String> =
                self.names.values().filter(|it| it.starts_with(prefix)).collect();
            tracing::warn!(parts = ?late, waited = ?at_most, "going on without waiting longer");
        }
    }

    /// Returns the first failure that was noticed while stopping.
    pub(super) fn outcome(self) -> anyhow::Result<()> {
        self.failed.map_or(Ok(()), Err)
    }

    fn note(&mut self, error: anyhow::Error) {
        tracing::error!("{error:#}");
        self.failed.get_or_insert(error);
    }

    async fn next(&mut self) -> Option<(String, anyhow::Result<()>)> {
        let (id, result) = match self.set.join_next_with_id().await? {
            Ok((id, result)) => (id, result),
            Err(error) => (error.id(), Err(anyhow::Error::from(error))),
        };
        Some((self.names.remove(&id).unwrap_or_default(), result))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_that_ends_early_is_named() {
        let mut parts = Parts::default();
        parts.run("steady", std::future::pending());
        parts.run("hasty", async { anyhow::bail!("no more") });
        let error = parts.first_to_end().await;
        assert_eq!(format!("{error:#}"), "hasty failed: no more");
    }

    #[tokio::test(start_paused = true)]
    async fn stopping_waits_for_the_named_and_no_longer_than_said() {
        let mut parts = Parts::default();
        parts.run("exporter a", async { Ok(()) });
        parts.run("exporter b", std::future::pending());
        parts.run("api", std::future::pending());
        let before = tokio::time::Instant::now();
        parts.wait_for("exporter", Duration::from_secs(5)).await;
        assert_eq!(before.elapsed(), Duration::from_secs(5));
        assert!(parts.outcome().is_ok());
    }
}
