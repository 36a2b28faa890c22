//! Request methods as telemetry names them.

use axum::http::Method;

/// One of the standard methods, or any other; a small number, so that made-up methods cannot flood the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KnownMethod(usize);

/// How many there are.
pub(crate) const METHODS: usize = 10;

const NAMES: [&str; METHODS] =
    ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE", "_OTHER"];
const OTHER: KnownMethod = KnownMethod(METHODS - 1);

impl KnownMethod {
    /// Classifies a request's method.
    pub(crate) fn of(method: &Method) -> Self {
        let name = method.as_str();
        NAMES.iter().position(|known| *known == name).map_or(OTHER, Self)
    }

    /// Lists them all.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..METHODS).map(Self)
    }

    /// Returns the name, `_OTHER` for methods that are not standard.
    pub(crate) fn name(self) -> &'static str {
        NAMES.get(self.0).copied().unwrap_or("_OTHER")
    }

    /// Returns what a table keeps for this method.
    pub(crate) fn of_table<T>(self, table: &[T; METHODS]) -> &T {
        // Between 0 and METHODS - 1 by construction; the fallback spares the panic.
        table.get(self.0).unwrap_or(&table[METHODS - 1])
    }
}
