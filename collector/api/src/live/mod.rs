//! How everything stands, as it changes: a snapshot, then what changed since.
//!
//! Nobody's backlog is kept. A socket knows the number of what it was sent last and takes the
//! next from a short memory that all share; one that is too slow for that is sent a snapshot.

mod delta;
mod hub;
mod message;
mod socket;

pub use hub::Live;
pub(crate) use message::Message;
pub(crate) use socket::open;

#[cfg(test)]
mod tests;
