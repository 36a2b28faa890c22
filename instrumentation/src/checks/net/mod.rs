//! What the checks that ask over a network have in common: connections, and words for what goes wrong.

use std::fmt;
use std::io;
use std::str::FromStr;

use tokio::net::TcpStream;

use super::NotPassed;

#[cfg(feature = "http")]
pub(crate) mod http;
#[cfg(feature = "tls")]
pub(crate) mod tls;

/// Names a host and a port, as `host:port` or `[::1]:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Address {
    /// Opens a connection; the error says where and what to do.
    pub(crate) async fn connect(&self) -> Result<TcpStream, NotPassed> {
        self.open().await.map_err(|error| describe(&self.to_string(), &error))
    }

    pub(crate) async fn open(&self) -> io::Result<TcpStream> {
        TcpStream::connect((self.host.as_str(), self.port)).await
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Address {
    type Err = NotPassed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || {
            NotPassed::failed(format!("`{text}` is not a host and a port"))
                .advice("write host:port, for example db.internal:5432 or [::1]:5432")
                .error_type("invalid_address")
        };
        let (host, port) = text.rsplit_once(':').ok_or_else(invalid)?;
        let host = match host.strip_prefix('[') {
            Some(host) => host.strip_suffix(']').ok_or_else(invalid)?,
            None if host.contains([':', '/', '@']) => return Err(invalid()),
            None => host,
        };
        let port = port.parse().map_err(|_| invalid())?;
        if host.is_empty() || port == 0 {
            return Err(invalid());
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

/// Says what an input or output error means for the person who has to mend it.
pub(crate) fn describe(place: &str, error: &io::Error) -> NotPassed {
    let text = error.to_string();
    let (error_type, advice) = match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            ("connection_refused", "start the server, or correct the host and the port")
        }
        io::ErrorKind::TimedOut
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable => {
            ("unreachable", "see whether a firewall or a route keeps packets from the server")
        }
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => {
            ("connection_closed", "the server hung up: see its log, and whether this is its port")
        }
        _ if text.contains("lookup") => {
            ("name_not_found", "correct the host's name, or the DNS server that this machine asks")
        }
        _ => ("io", "see the server's log"),
    };
    NotPassed::failed(format!("{place}: {text}")).advice(advice).error_type(error_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        for text in ["db.internal:5432", "[::1]:443", "127.0.0.1:1"] {
            assert_eq!(text.parse::<Address>().map(|it| it.to_string()).as_deref(), Ok(text));
        }
        for text in ["db", ":1", "db:0", "db:99999", "::1:5", "[::1:5", "https://db:1", "u:p@db:1"]
        {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
