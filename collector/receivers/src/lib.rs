//! Receives OTLP over gRPC.
