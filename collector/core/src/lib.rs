//! Holds the words of the health model and the seams between the layers.
//!
//! Pure: no runtime, no I/O, no clock. Whoever needs to know what time it is
//! gets a [`time::Timestamp`] as an argument.

pub mod access;
pub mod act;
pub mod address;
pub mod alert;
pub mod attribute;
pub mod catalog;
pub mod course;
pub mod deployment;
pub mod distinct;
pub mod draft;
pub mod facts;
pub mod hold;
pub mod ids;
pub mod impact;
pub mod incident;
pub mod ingest;
pub mod journey;
pub mod links;
pub mod money;
pub mod notice;
pub mod period;
pub mod queue;
pub mod reason;
pub mod report;
pub mod route;
pub mod ruling;
pub mod settings;
pub mod silence;
pub mod state;
pub mod store;
pub mod time;
pub mod trace;
pub mod witness;

/// A future that a trait object can return.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
