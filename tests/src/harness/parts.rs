//! A service of many parts, some of which fail and go on to.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use tokio::time::Instant;

use super::otlp::Sender;

/// How often what stays broken has to fail again: within the windows of rules of a minute.
const AGAIN: Duration = Duration::from_secs(15);

/// The service `shop`, whose part `N` serves the routes below `/part-N`.
pub struct Parts {
    sender: Sender,
    failing: Range<usize>,
    failed: Instant,
}

impl Parts {
    /// Connects the service to a collector.
    ///
    /// # Errors
    /// Fails when nobody listens there.
    pub async fn connect(otlp: SocketAddr) -> anyhow::Result<Self> {
        let sender = Sender::connect(otlp, "shop", "1", "shop-1").await?;
        Ok(Self { sender, failing: 0..0, failed: Instant::now() })
    }

    /// Lets a request to a part fail.
    ///
    /// # Errors
    /// Fails when the collector does not take it.
    pub async fn fail(&self, part: usize) -> anyhow::Result<()> {
        let route = format!("/part-{part}/order");
        Ok(self.sender.served(&route, Some(&route), 500).await?)
    }

    /// Lets parts fail from now on.
    ///
    /// # Errors
    /// Fails when the collector does not take it.
    pub async fn keep_failing(&mut self, parts: Range<usize>) -> anyhow::Result<()> {
        self.failing = parts;
        self.fail_again().await
    }

    /// Lets them fail again, if it is time.
    ///
    /// # Errors
    /// Fails when the collector does not take it.
    pub async fn refresh(&mut self) -> anyhow::Result<()> {
        if self.failed.elapsed() >= AGAIN { self.fail_again().await } else { Ok(()) }
    }

    async fn fail_again(&mut self) -> anyhow::Result<()> {
        self.failed = Instant::now();
        for part in self.failing.clone() {
            self.fail(part).await?;
        }
        Ok(())
    }
}
