//! Speaks to vendors: OTLP out, Datadog, New Relic, Statuspage. Never decides.
