//! Checks that this machine's clock agrees with another one.

use std::time::{Duration, SystemTime};

use super::net::http::Request;
use super::{Check, CheckKind, CheckResult};

/// How far the clock may be off unless a check says otherwise.
const WITHIN: Duration = Duration::from_secs(5);
/// The `Date` header has whole seconds.
const GRAIN: Duration = Duration::from_secs(1);

/// Checks that the clock of this machine is off by 5 s at most, against the `Date` header of any answer of the server
/// at `url`.
///
/// A clock that is off makes tokens expire early or late, and telemetry arrive from the past or the future.
///
/// ```
/// use std::time::Duration;
///
/// let clock = bellwether::checks::clock("https://id.marketedge.example/").within(Duration::from_secs(2));
/// ```
pub fn clock(url: impl Into<String>) -> Clock {
    Clock { request: Request::get(url), within: WITHIN }
}

/// Checks the clock; comes from [`clock`].
#[derive(Debug, Clone)]
pub struct Clock {
    request: Request,
    within: Duration,
}

impl Clock {
    /// Says how far the clock may be off. The header is exact to a second, which is allowed in addition.
    #[must_use]
    pub fn within(mut self, within: Duration) -> Self {
        self.within = within;
        self
    }

    /// Trusts the authorities whose certificates these are, in PEM, beside Mozilla's list.
    #[must_use]
    pub fn trust_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.request.trust_pem = pem.into();
        self
    }
}

impl Check for Clock {
    fn kind(&self) -> CheckKind {
        CheckKind::Clock
    }

    async fn run(&self) -> CheckResult {
        let before = opentelemetry::time::now();
        let answer = self.request.send().await?;
        let after = opentelemetry::time::now();
        let date = answer.header("date").and_then(|it| httpdate::parse_http_date(it).ok());
        let Some(date) = date else {
            return Err(answer
                .wrong("the answer has no Date header")
                .advice("ask a server that sends one; most do")
                .error_type("no_date"));
        };
        match offset(before, after, date) {
            Some((off, ahead)) if off > self.within => Err(answer
                .wrong(format_args!(
                    "the clock of this machine is {:.0} s {} the server's",
                    off.as_secs_f64(),
                    if ahead { "ahead of" } else { "behind" }
                ))
                .advice("start time synchronisation (chrony, systemd-timesyncd) on the machine that is wrong")
                .error_type("clock_skew")),
            _ => Ok(()),
        }
    }
}

/// Returns by how much a clock that read `before` and `after` is certainly off, and whether it is ahead, when the other
/// one showed `date` in between.
fn offset(before: SystemTime, after: SystemTime, date: SystemTime) -> Option<(Duration, bool)> {
    let behind = date.duration_since(after).ok().map(|off| (off, false));
    let ahead = before.duration_since(date + GRAIN).ok().map(|off| (off, true));
    behind.or(ahead)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn only_what_is_certain_counts() {
        let at = |milliseconds| UNIX_EPOCH + Duration::from_millis(milliseconds);
        let seconds = Duration::from_secs;
        assert_eq!(offset(at(10_900), at(10_950), at(10_000)), None, "within the header's second");
        assert_eq!(offset(at(4_000), at(9_000), at(6_000)), None, "a slow answer proves nothing");
        assert_eq!(offset(at(4_000), at(5_000), at(8_000)), Some((seconds(3), false)));
        assert_eq!(offset(at(14_000), at(15_000), at(8_000)), Some((seconds(5), true)));
    }
}
