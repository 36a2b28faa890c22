//! Tests of the whole: vendors through workers, over scripted answers and a paused clock.

mod bench;
mod board;
mod build;
mod conformance;
mod golden;
mod http;
mod isolation;
mod logs;
mod notices;
mod outbox;
mod samples;
mod signals;
mod statuspage;
