//! Harness, stand-ins for vendors, and end-to-end scenarios against real parts.

pub mod demo;
pub mod harness;
pub mod standins;
