//! The collector: one binary that guards against silent failure.
