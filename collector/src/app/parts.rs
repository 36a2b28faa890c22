//! The named parts of a running collector: none ends without somebody noticing.

use std::collections::BTreeMap;

use tokio::task::{AbortHandle, Id, JoinSet};
use tokio::time::{Instant, timeout_at};

/// The parts that run. Dropping it ends them.
#[derive(Default)]
pub(super) struct Parts {
    set: JoinSet<anyhow::Result<()>>,
    parts: BTreeMap<Id, Part>,
    /// A part that ended while another one was waited for.
    surprise: Option<anyhow::Error>,
    failed: Option<anyhow::Error>,
}

struct Part {
    name: String,
    /// Whether it was told to end.
    leaves: bool,
    abort: AbortHandle,
}

/// A part that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Running(Id);

impl Parts {
    /// Runs a part under a name.
    pub(super) fn run(
        &mut self,
        name: impl Into<String>,
        part: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) -> Running {
        let abort = self.set.spawn(part);
        let id = abort.id();
        self.parts.insert(id, Part { name: name.into(), leaves: false, abort });
        Running(id)
    }

    /// Expects a part to end from now on, because it was told to.
    pub(super) fn leaves(&mut self, running: Running) {
        if let Some(part) = self.parts.get_mut(&running.0) {
            part.leaves = true;
        }
    }

    /// Waits until any part ends that should not, and says which and why. May be dropped while it
    /// waits.
    pub(super) async fn first_to_end(&mut self) -> anyhow::Error {
        loop {
            if let Some(surprise) = self.surprise.take() {
                return surprise;
            }
            if !self.next().await {
                return anyhow::anyhow!("there was nothing to run");
            }
        }
    }

    /// Waits until a part that was told to end has done so; from `deadline` on it is made to.
    pub(super) async fn end_of(&mut self, running: Running, deadline: Instant) {
        self.leaves(running);
        let ended = timeout_at(deadline, async {
            while self.parts.contains_key(&running.0) && self.next().await {}
        });
        if ended.await.is_err()
            && let Some(part) = self.parts.get(&running.0)
        {
            tracing::warn!(part = part.name, "did not end in time, ending it");
            part.abort.abort();
        }
    }

    /// Waits until every part whose name begins with `prefix` has ended, at most until `deadline`.
    pub(super) async fn wait_for(&mut self, prefix: &str, deadline: Instant) {
        for part in self.parts.values_mut().filter(|it| it.name.starts_with(prefix)) {
            part.leaves = true;
        }
        let ended = timeout_at(deadline, async {
            while self.parts.values().any(|it| it.name.starts_with(prefix)) && self.next().await {}
        });
        if ended.await.is_err() {
            let late = self.parts.values().map(|it| &it.name).filter(|it| it.starts_with(prefix));
            tracing::warn!(parts = ?late.collect::<Vec<_>>(), "going on without waiting longer");
        }
    }

    /// Returns the first failure that was noticed while stopping.
    pub(super) fn outcome(self) -> anyhow::Result<()> {
        self.failed.map_or(Ok(()), Err)
    }

    /// Waits for the end of any part and notes it; says whether there was one to wait for.
    async fn next(&mut self) -> bool {
        let (id, result) = match self.set.join_next_with_id().await {
            None => return false,
            Some(Ok((id, result))) => (id, result),
            Some(Err(error)) if error.is_cancelled() => (error.id(), Ok(())),
            Some(Err(error)) => (error.id(), Err(anyhow::Error::from(error))),
        };
        let part = self.parts.remove(&id);
        let (name, leaves) = part.map_or_else(Default::default, |it| (it.name, it.leaves));
        match (result, leaves) {
            (Ok(()), true) => {}
            (Ok(()), false) => {
                self.surprise.get_or_insert(anyhow::anyhow!("{name} ended by itself"));
            }
            (Err(error), leaves) => {
                let error = error.context(format!("{name} failed"));
                if leaves {
                    tracing::error!("{error:#}");
                    self.failed.get_or_insert(error);
                } else {
                    self.surprise.get_or_insert(error);
                }
            }
        }
        true
    }
}

/// Makes a part of something that has no way to fail.
pub(super) async fn sure(running: impl Future<Output = ()>) -> anyhow::Result<()> {
    running.await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
    async fn a_part_that_was_told_to_end_surprises_nobody_and_another_does() {
        let mut parts = Parts::default();
        let told = parts.run("told", sure(std::future::ready(())));
        parts.run("steady", std::future::pending());
        parts.run("odd", async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(())
        });
        parts.leaves(told);
        let error = parts.first_to_end().await;
        assert_eq!(error.to_string(), "odd ended by itself");
    }

    #[tokio::test(start_paused = true)]
    async fn who_ends_while_another_is_waited_for_is_noticed_afterwards() {
        let mut parts = Parts::default();
        let slow = parts.run("slow", std::future::pending());
        parts.run("odd", async { anyhow::bail!("no more") });
        let deadline = Instant::now() + Duration::from_secs(3);
        parts.end_of(slow, deadline).await;
        assert_eq!(Instant::now(), deadline);
        let error = parts.first_to_end().await;
        assert_eq!(format!("{error:#}"), "odd failed: no more");
        // it was made to end
        assert_eq!(parts.first_to_end().await.to_string(), "there was nothing to run");
    }

    #[tokio::test(start_paused = true)]
    async fn stopping_waits_for_the_named_and_no_longer_than_said() {
        let mut parts = Parts::default();
        parts.run("exporter a", sure(std::future::ready(())));
        parts.run("exporter b", std::future::pending());
        parts.run("api", std::future::pending());
        let deadline = Instant::now() + Duration::from_secs(5);
        parts.wait_for("exporter", deadline).await;
        assert_eq!(Instant::now(), deadline);
        assert!(parts.outcome().is_ok());
    }
}
