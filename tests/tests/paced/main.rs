//! From signals through rules, decisions and outboxes to vendors, under a paused clock: what takes
//! hours takes seconds, and nothing depends on how busy the machine is.

mod floods;

mod maintenance;
mod matrix;
mod metrics;
mod network;
#[path = "../../../collector/exporters/src/tests/outbox.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "it is shared with the tests of exporters")]
mod outbox;
mod signals;
mod world;
