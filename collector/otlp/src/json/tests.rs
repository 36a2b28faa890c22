//! What we make of JSON, against what `opentelemetry-proto` makes of it where that is right.

mod accepted;
mod refused;
mod round_trip;
mod tables;
