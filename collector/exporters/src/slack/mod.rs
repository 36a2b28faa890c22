//! Slack: each change of an incident as a message, by an incoming webhook or by a bot. A bot keeps
//! its message as the incident is, and tells changes in its thread.

mod blocks;
mod bot;
mod settings;
mod webhook;

pub use settings::Settings;
