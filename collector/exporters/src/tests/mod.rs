//! Tests of the whole: vendors through workers, over scripted answers and a paused clock.

mod bench;
mod board;
mod build;
mod changes;
mod conformance;
mod deltas;
mod email;
mod golden;
mod http;
mod isolation;
mod kept;
mod logs;
mod metrics;
mod notices;
mod outbox;
mod plain;
mod refit;
mod samples;
mod signals;
mod slack;
mod statuspage;
