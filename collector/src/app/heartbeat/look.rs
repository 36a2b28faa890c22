//! Looks at the parts as somebody from outside would.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bellwether_core::store::Store;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::vitals::Signs;
use crate::app::clock::Clock;

/// How long a part may take to answer before it counts as dead.
const ANSWER: Duration = Duration::from_secs(5);

/// How old an evaluation may be, unless they are made more rarely.
const STALE: Duration = Duration::from_secs(10);

/// A socket on which a receiver should answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) struct Door {
    /// The receiver.
    pub(in crate::app) name: String,
    pub(in crate::app) address: SocketAddr,
}

/// The parts that are looked at.
#[derive(Clone)]
pub(in crate::app) struct Look {
    pub(in crate::app) doors: watch::Receiver<Vec<Door>>,
    pub(in crate::app) store: Arc<dyn Store>,
    /// When the rules were last evaluated.
    pub(in crate::app) evaluated: watch::Receiver<Option<Instant>>,
    /// How often they should be.
    pub(in crate::app) every: Duration,
    pub(in crate::app) clock: Clock,
}

impl Look {
    pub(super) async fn signs(&self) -> Signs {
        let store = timeout(ANSWER, self.store.prove(self.clock.now())).await;
        let store = match store {
            Ok(written) => written.err().map(|error| error.to_string()),
            Err(_) => Some(format!("not within {ANSWER:?}")),
        };
        let doors = self.doors.borrow().clone();
        let mut deaf = Vec::new();
        for door in doors {
            let answer = timeout(ANSWER, knock(&door)).await;
            let answer = answer.unwrap_or_else(|_| Err(format!("not within {ANSWER:?}")));
            deaf.extend(answer.err().map(|why| (door.name, why)));
        }
        let evaluated = self.evaluated.borrow().map(|at| at.elapsed());
        let patience = STALE.max(self.every.saturating_mul(3));
        Signs { evaluated, patience, deaf, store }
    }
}

/// Asks a receiver for a page that it answers without taking anything in, or refuses in plain
/// text because it wants TLS or a token; either is a sign of life.
async fn knock(door: &Door) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(reachable(door.address)).await.map_err(failed)?;
    let ask = format!(
        "GET /v1/probe/heartbeat HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        door.address
    );
    stream.write_all(ask.as_bytes()).await.map_err(failed)?;
    let mut answer = [0; 9];
    stream.read_exact(&mut answer).await.map_err(failed)?;
    if answer == *b"HTTP/1.1 " { Ok(()) } else { Err("it answers with something else".to_owned()) }
}

/// Returns where a socket that listens on all interfaces is reached from here.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    fn door(address: SocketAddr) -> Door {
        Door { name: "otlp/grpc".to_owned(), address }
    }

    #[tokio::test]
    async fn a_door_that_nobody_opens_is_noticed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut ask = [0; 4];
            stream.read_exact(&mut ask).await.unwrap();
            stream.write_all(b"HTTP/1.1 404 Not Found\r\n\r\n").await.unwrap();
            assert_eq!(&ask, b"GET ");
        };
        let plain = door(address);
        let (answer, ()) = tokio::join!(knock(&plain), serve);
        assert_eq!(answer, Ok(()));
        // its backlog takes the connection, and nobody answers
        assert!(timeout(Duration::from_millis(50), knock(&plain)).await.is_err());
        // bound and not listening, so that nobody else is behind its port
        let closed = TcpSocket::new_v4().unwrap();
        closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let plain = door(closed.local_addr().unwrap());
        assert!(knock(&plain).await.unwrap_err().contains("refused"));
    }

    #[test]
    fn all_interfaces_are_reached_over_loopback() {
        for (bound, reached) in
            [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("10.0.0.1:1", "10.0.0.1:1")]
        {
            assert_eq!(reachable(bound.parse().unwrap()), reached.parse().unwrap());
        }
    }
}
