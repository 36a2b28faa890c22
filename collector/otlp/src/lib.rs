//! Reads OTLP where it lies: validation and lazy views over bytes. Pure.
