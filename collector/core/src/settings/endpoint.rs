use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{SettingError, text_setting};

/// A host and a port, such as `127.0.0.1:4317`, `collector.example:443` or `[::1]:4317`.
///
/// Port 0 asks the system for a free one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Endpoint {
    host: String,
    port: u16,
}

impl Endpoint {
    /// Makes an endpoint on the loopback interface.
    pub fn loopback(port: u16) -> Self {
        Self { host: "127.0.0.1".to_owned(), port }
    }

    /// Returns the host: a name or an address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Says whether only this machine can reach it.
    pub fn is_loopback(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => self.host.eq_ignore_ascii_case("localhost"),
        }
    }
}

impl FromStr for Endpoint {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let wrong = |why: &str| {
            SettingError(format!("`{text}` is not an endpoint: {why}, such as `127.0.0.1:4317`"))
        };
        let trimmed = text.trim();
        if trimmed.contains("://") {
            return Err(wrong("write host and port without a scheme"));
        }
        let (host, port) =
            trimmed.rsplit_once(':').ok_or_else(|| wrong("write a host and a port"))?;
        let port = port.parse().map_err(|_| wrong("the port is a number up to 65535"))?;
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(v6) if v6.parse::<std::net::Ipv6Addr>().is_ok() => v6,
            Some(_) => return Err(wrong("brackets hold an IPv6 address")),
            None if host.contains(':') => return Err(wrong("write an IPv6 address in brackets")),
            None => host,
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if host.is_empty() || !host.chars().all(fits) {
            return Err(wrong("write a host name or an IP address, `0.0.0.0` for all interfaces"));
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

text_setting!(
    Endpoint,
    "A host and a port.",
    r"^\s*(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}\s*$",
    ["127.0.0.1:4317"]
);
