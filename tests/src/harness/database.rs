//! The PostgreSQL server that end-to-end tests use.

use std::env;

use anyhow::Context;

/// Where the URL of a throw-away PostgreSQL server is found.
pub const VARIABLE: &str = "BELLWETHER_TEST_POSTGRES_URL";

/// Returns the URL of the server.
///
/// # Errors
/// Says how to get a server when there is none.
pub fn postgres_url() -> anyhow::Result<String> {
    #[expect(clippy::disallowed_methods, reason = "the one place where tests read it")]
    let url = env::var(VARIABLE);
    url.with_context(|| {
        format!("this test needs PostgreSQL: run it with `scripts/with-postgres cargo test`, or set {VARIABLE}")
    })
}
