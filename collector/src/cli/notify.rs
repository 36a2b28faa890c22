//! `bellwether notify`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

const NOTIFY_EXAMPLES: &str = "Examples:
  bellwether notify test slack/emergency
  bellwether notify test email/owners --to ada@example.com --config bellwether.yaml

Tells of an incident that is marked as a test, and of its end, so that nothing stays open; pages
whoever is on call where the destination does that. A status page is only asked whether it lets us
in: customers read nothing.
Exit codes: 0 it was taken, 1 it was not, 2 wrong configuration or command line.";

/// What can be asked about messages.
#[derive(Debug, Args)]
pub struct Notify {
    /// What is asked.
    #[command(subcommand)]
    pub command: NotifyCommand,
}

/// Questions about messages.
#[derive(Debug, Subcommand)]
pub enum NotifyCommand {
    /// Sends a marked test message, and prints what the destination answered.
    #[command(after_help = NOTIFY_EXAMPLES)]
    Test {
        /// The exporter, such as pagerduty or slack/emergency.
        #[arg(value_name = "CHANNEL")]
        channel: String,
        /// The configuration file.
        #[arg(
            short,
            long,
            value_name = "FILE",
            default_value = "bellwether.yaml",
            env = "BELLWETHER_CONFIG"
        )]
        config: PathBuf,
        /// Who is to get it in the place of those of the settings; for e-mail.
        #[arg(long, value_name = "ADDRESS")]
        to: Vec<String>,
    },
}
