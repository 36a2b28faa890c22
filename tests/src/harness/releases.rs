//! Releases of the example's service, as a collector hears of them.

use std::net::SocketAddr;

use super::otlp::Sender;

/// The routes of a release that is whole.
pub const ALL: &[&str] = &["POST /api/v1/auth/login", "GET /api/v1/admin/dashboard"];

/// The routes of a release whose admin router is not mounted.
pub const WITHOUT_ADMIN: &[&str] = &["POST /api/v1/auth/login"];

/// Connects the only instance of a version.
///
/// # Errors
/// Fails when no collector listens.
pub async fn instance(collector: SocketAddr, version: u32) -> anyhow::Result<Sender> {
    let (number, id) = (version.to_string(), format!("instance-{version}"));
    Sender::connect(collector, "marketedge-api", &number, &id).await
}

/// Replaces a version by the next one, which has these routes.
///
/// # Errors
/// Fails when no collector listens, or it does not take what it is told.
pub async fn release(collector: SocketAddr, version: u32, routes: &[&str]) -> anyhow::Result<()> {
    if version > 1 {
        instance(collector, version - 1).await?.stopping().await?;
    }
    Ok(instance(collector, version).await?.manifest(routes).await?)
}

/// Releases version 1, which is whole, and version 2, which lacks the admin routes.
///
/// # Errors
/// As [`release`].
pub async fn admin_vanishes(collector: SocketAddr) -> anyhow::Result<()> {
    release(collector, 1, ALL).await?;
    release(collector, 2, WITHOUT_ADMIN).await
}

/// Releases version 3, which is whole again.
///
/// # Errors
/// As [`release`].
pub async fn admin_returns(collector: SocketAddr) -> anyhow::Result<()> {
    release(collector, 3, ALL).await
}
