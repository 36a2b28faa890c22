//! What people do about incidents from a command line: `incidents`, `ack`, `silence`. All of it
//! goes through the API of a running collector.

pub mod ack;
pub mod assign;
pub mod escalate;
pub mod incidents;
pub mod publish;
pub mod silence;
