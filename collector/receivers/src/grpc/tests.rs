//! The receiver against real clients over a real socket.

mod codec;
mod conformance;
mod harness;
mod lifecycle;
mod limits;
mod probe;
mod wire;
