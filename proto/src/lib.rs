//! Declares the names that Bellwether puts on telemetry, generated from a semantic-convention registry.
