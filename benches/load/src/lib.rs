//! Offers a collector load, takes what it sends on, and counts on both sides.
//!
//! The load costs little: requests are written once as bytes, and only ids and times are put in
//! anew. The sink counts spans without decoding them.

pub mod answer;
pub mod client;
pub mod day;
pub mod drive;
pub mod ending;
pub mod latency;
pub mod page;
pub mod process;
pub mod rules;
pub mod sink;
pub mod spans;
pub mod template;
pub mod wire;
