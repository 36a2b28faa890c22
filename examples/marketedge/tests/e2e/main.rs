//! The service as a process, on real sockets, against an OTLP receiver.
//!
//! The modules are marked as tests so that the lints know them for what they are.

#[cfg(test)]
mod collector;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod service;
#[cfg(test)]
mod startup;
