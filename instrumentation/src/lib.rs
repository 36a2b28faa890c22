//! Guards a service against silent failure: startup validation, route manifests and business-tagged telemetry over OTLP.
