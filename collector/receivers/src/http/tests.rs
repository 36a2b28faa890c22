//! The receiver over a real socket.

mod conformance;
mod harness;
mod lifecycle;
mod limits;
mod pages;
