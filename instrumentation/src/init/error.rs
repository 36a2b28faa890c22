//! Why telemetry could not start.

/// What a crate below said. Its type is none of a caller's business, so that the crate can be another tomorrow.
type Source = Box<dyn std::error::Error + Send + Sync>;

/// Says why telemetry could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// A variable holds a value that the library cannot use.
    #[error("{name}={value} cannot be used: {advice}")]
    #[non_exhaustive]
    Variable {
        /// The variable's name.
        name: &'static str,
        /// The variable's value.
        value: String,
        /// What would be right.
        advice: &'static str,
    },
    /// An exporter could not be built, usually because of an endpoint that is no URL.
    #[error("the OTLP exporter cannot be built: check OTEL_EXPORTER_OTLP_ENDPOINT and its like")]
    Exporter(#[source] Source),
    /// The file that `BELLWETHER_CATALOG` names could not be read.
    #[cfg(feature = "catalog")]
    #[error("BELLWETHER_CATALOG names what cannot be used")]
    Catalog(#[from] crate::business::CatalogError),
    /// `RUST_LOG` could not be read.
    #[error("RUST_LOG cannot be read: write directives such as `info,my_crate=debug`")]
    Filter(#[source] Source),
    /// The system gave no thread.
    #[error("no thread for the telemetry")]
    Runtime(#[source] std::io::Error),
    /// Another subscriber is in place.
    #[error(
        "a tracing subscriber is already installed: use bellwether::builder().build() and add telemetry.layer() to it"
    )]
    Subscriber(#[source] Source),
}
