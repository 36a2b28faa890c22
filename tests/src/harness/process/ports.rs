//! Addresses that a process can be told before it runs, and again when it is restarted.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::Context;

/// Below what systems hand out for port 0 and for outgoing connections, so that nobody takes
/// the port of a process while it is being restarted.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// Where the next search begins.
static NEXT: AtomicU16 = AtomicU16::new(0);

/// Finds a loopback address that can be listened on now, and that this process hands out once.
///
/// # Errors
/// Fails when all ports are taken.
pub fn reserve() -> anyhow::Result<SocketAddr> {
    // processes that run beside this one begin elsewhere
    let own = u16::try_from(std::process::id() % 1_000).unwrap_or(0).wrapping_mul(11);
    let addresses = (0..COUNT).map(|_| {
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + own.wrapping_add(next) % COUNT;
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    });
    let mut free = addresses.filter(|address| TcpListener::bind(address).is_ok());
    free.next().context("no port between 20000 and 32000 is free")
}
