//! Starts real parts for end-to-end scenarios and for the demo, and waits for what they do.

pub mod authority;
pub mod backend;
pub mod collector;
pub mod database;
pub mod disk;
pub mod everything;
pub mod http;
pub mod identity;
pub mod installed;
pub mod mailserver;
pub mod otlp;
pub mod parts;
pub mod process;
pub mod production;
pub mod random;
pub mod records;
pub mod releases;
pub mod schemas;
pub mod vendors;
pub mod wait;
