//! Answers over HTTP what the collector knows.
