//! The OpenTelemetry crates that this library works with, in versions that fit together.
//!
//! OpenTelemetry's crates and `tracing-opentelemetry` fit only in certain pairs, and a second version of one in the same
//! program is a second, silent world: its global providers are others. A service that names them through here cannot
//! get that wrong:
//!
//! ```
//! use bellwether::otel::api::KeyValue;
//! use bellwether::otel::api::trace::TraceContextExt;
//!
//! bellwether::otel::api::Context::current().span().set_attribute(KeyValue::new("cart.items", 3));
//! ```
//!
//! A new major version of one of them is a new major version of this library.

pub use opentelemetry as api;
pub use opentelemetry_otlp as otlp;
pub use opentelemetry_sdk as sdk;
pub use tracing;
pub use tracing_opentelemetry;
pub use tracing_subscriber;
