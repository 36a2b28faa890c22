//! Decides who is told what. Never speaks: what it returns goes into the outbox.

mod desk;
mod ledger;
mod notices;

pub use desk::{Decision, Desk, Standing};
pub use notices::Follower;
