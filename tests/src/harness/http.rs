//! The HTTP client of tests and the demo.

use std::time::Duration;

/// Longest wait for one answer of a process on this machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// Makes a client that goes through no proxy and gives up on a request after 5 s.
///
/// # Errors
/// Fails when TLS cannot be set up.
pub fn client() -> anyhow::Result<reqwest::Client> {
    Ok(builder().build()?)
}

/// Makes one that follows no redirection.
///
/// # Errors
/// Fails when TLS cannot be set up.
pub fn client_in_place() -> anyhow::Result<reqwest::Client> {
    Ok(builder().redirect(reqwest::redirect::Policy::none()).build()?)
}

fn builder() -> reqwest::ClientBuilder {
    // a second installation is refused, and the first one serves
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().timeout(PATIENCE)
}
