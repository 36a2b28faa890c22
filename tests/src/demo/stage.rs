//! What the demo runs, and how it is stopped again.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;

use crate::harness::process::{
    Bellwether, Deployment, Marketedge, Setup, StandinsProcess, binary, reserve,
};

/// How long Statuspage's readers wait for news here; a minute or two is usual.
pub(super) const HOLD: Duration = Duration::from_secs(3);

/// The running parts. All end when it is dropped; [`Stage::stop`] lets them end in order.
pub(super) struct Stage {
    pub(super) standins: StandinsProcess,
    pub(super) setup: Setup,
    pub(super) collector: Bellwether,
    service: Option<Marketedge>,
    address: SocketAddr,
    database_url: String,
}

impl Stage {
    /// Starts the stand-ins and the collector.
    pub(super) async fn start(postgres_url: Option<&str>) -> anyhow::Result<Self> {
        let standins = StandinsProcess::start().await?;
        let setup = Setup::with_vendors(standins.addresses(), HOLD)?;
        let collector = setup.start().await?;
        let sqlite = || format!("sqlite://{}", setup.folder().join("marketedge.db").display());
        let database_url = postgres_url.map_or_else(sqlite, str::to_owned);
        let address = reserve()?;
        Ok(Self { standins, setup, collector, service: None, address, database_url })
    }

    /// Describes a version of the service, at the one address that it has.
    pub(super) fn deployment(&self, version: &str) -> Deployment {
        Deployment::new(version, &self.database_url, &self.setup.otlp_url())
            .listening_on(self.address)
    }

    /// Stops the version that runs and starts this one.
    pub(super) async fn deploy(&mut self, deployment: &Deployment) -> anyhow::Result<()> {
        if let Some(service) = self.service.take() {
            service.stop().await?;
        }
        self.service = Some(deployment.start().await?);
        Ok(())
    }

    /// Returns the version that runs.
    pub(super) fn service(&self) -> anyhow::Result<&Marketedge> {
        self.service.as_ref().context("no version of the service was deployed")
    }

    /// Says which database the service uses, without secrets.
    pub(super) fn database(&self) -> &'static str {
        if self.database_url.starts_with("sqlite:") {
            "SQLite, a file that is gone afterwards: BELLWETHER_TEST_POSTGRES_URL is not set"
        } else {
            "PostgreSQL, where BELLWETHER_TEST_POSTGRES_URL says"
        }
    }

    /// Writes a command that breaks the service again.
    pub(super) fn break_again(&self) -> anyhow::Result<String> {
        let program = binary("marketedge")?;
        Ok(format!(
            "    DATABASE_URL='{}' \\\n    OTEL_EXPORTER_OTLP_ENDPOINT={} \\\n    \
             {} --listen 127.0.0.1:0 --version-label 4 --without-admin",
            without_password(&self.database_url),
            self.setup.otlp_url(),
            program.display(),
        ))
    }

    /// Returns the last lines of all that runs.
    pub(super) fn tails(&self) -> Vec<String> {
        let service = self.service.iter().map(Marketedge::tail);
        service.chain([self.collector.tail(), self.standins.tail()]).collect()
    }

    /// Stops everything, along the flow.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        let service = match self.service {
            Some(service) => service.stop().await,
            None => Ok(()),
        };
        let collector = self.collector.stop().await;
        let standins = self.standins.stop().await;
        service.and(collector).and(standins)
    }
}

/// Returns a URL fit for a terminal.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.split_once('@').map(|(user, rest)| (user.split_once(':'), rest)) {
        Some((Some((user, _)), rest)) => format!("{scheme}://{user}:***@{rest}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn a_password_does_not_reach_the_terminal() {
        assert_eq!(without_password("postgres://a:b@c/d"), "postgres://a:***@c/d");
        assert_eq!(without_password("postgres://a@c:1/d"), "postgres://a@c:1/d");
        assert_eq!(without_password("sqlite:///tmp/a:b"), "sqlite:///tmp/a:b");
    }
}
