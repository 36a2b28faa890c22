//! With which versions it was measured.

/// Lists the versions that decide the figures, from the lock file of this build.
pub(crate) fn versions() -> String {
    let lock = include_str!("../../Cargo.lock");
    let version = |name: &str| {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        rest.split_once('"').map(|(version, _)| format!("{name} {version}"))
    };
    let names =
        ["axum", "tracing", "tracing-opentelemetry", "opentelemetry_sdk", "opentelemetry-otlp"];
    let versions: Vec<String> = names.into_iter().filter_map(version).collect();
    format!("{}, release build (thin LTO), system allocator with a counter", versions.join(", "))
}
