//! Checks that one customer does not get what belongs to another.

use super::net::http::Request;
use super::{Check, CheckKind, CheckResult, NotPassed};

/// Checks that one tenant is refused what belongs to another: with the credentials of tenant A it asks for an object of
/// tenant B, which has to be answered 401, 403 or 404. Every other answer fails, and so does none at all: isolation
/// that could not be shown is not there.
///
/// Say with [`own`](TenantIsolation::own) what A may read, so that credentials which nobody accepts any more do not pass for isolation.
///
/// ```
/// let isolation = bellwether::checks::tenant_isolation("https://api.marketedge.example/api/v1/customers/zebra/orders")
///     .header("authorization", "Bearer token-of-acme")
///     .own("https://api.marketedge.example/api/v1/customers/acme/orders");
/// ```
pub fn tenant_isolation(foreign: impl Into<String>) -> TenantIsolation {
    TenantIsolation { foreign: Request::get(foreign), own: None }
}

/// Checks the isolation of tenants; comes from [`tenant_isolation`].
#[derive(Debug, Clone)]
pub struct TenantIsolation {
    foreign: Request,
    own: Option<String>,
}

impl TenantIsolation {
    /// Adds a header by which tenant A is known: credentials, or the tenant's name.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.foreign.header(name, value);
        self
    }

    /// Names an object of tenant A's own, which has to be answered with a status of 200 to 299.
    #[must_use]
    pub fn own(mut self, url: impl Into<String>) -> Self {
        self.own = Some(url.into());
        self
    }

    /// Trusts the authorities whose certificates these are, in PEM, beside Mozilla's list.
    #[must_use]
    pub fn trust_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.foreign.trust_pem = pem.into();
        self
    }
}

/// Says that nothing was shown, and why.
fn not_shown(problem: NotPassed) -> NotPassed {
    let text = format!("isolation could not be shown: {}", problem.message());
    NotPassed { message: text, ..problem }
}

impl Check for TenantIsolation {
    fn kind(&self) -> CheckKind {
        CheckKind::TenantIsolation
    }

    async fn run(&self) -> CheckResult {
        if let Some(url) = &self.own {
            let mut own = self.foreign.clone();
            own.url.clone_from(url);
            let answer = own.send().await.map_err(not_shown)?;
            if !answer.status.is_success() {
                let what = format!("the tenant's own object is answered {}", answer.status);
                return Err(not_shown(answer.wrong(what))
                    .advice("renew the credentials of the tenant that asks")
                    .error_type("own_object_refused"));
            }
        }
        let answer = self.foreign.send().await.map_err(not_shown)?;
        match answer.status.as_u16() {
            401 | 403 | 404 => Ok(()),
            status => Err(answer
                .wrong(format_args!(
                    "answered {} to another tenant instead of a refusal",
                    answer.status
                ))
                .advice("look at once: one customer may be reading what belongs to another")
                .error_type(if answer.status.is_success() {
                    "tenant_leak".to_owned()
                } else {
                    status.to_string()
                })),
        }
    }
}
