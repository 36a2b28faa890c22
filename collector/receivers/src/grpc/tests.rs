//! The receiver against real clients over a real socket.

mod conformance;
mod harness;
mod lifecycle;
mod probe;
