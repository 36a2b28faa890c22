//! Leaf types of settings.
