//! The demo: tells the story with real processes. `make demo` builds what it needs and runs it.

use std::process::ExitCode;

use bellwether_tests::demo::{self, Options, Tell};
use clap::Parser;
use clap::builder::FalseyValueParser;

/// A router vanishes, and everybody who should know does: told with real processes, and with
/// stand-ins for the vendors.
#[derive(Parser)]
#[command(name = "demo")]
struct Arguments {
    /// Stay up after the story, for exploring, until ctrl-c
    #[arg(long, env = "KEEP", value_parser = FalseyValueParser::new())]
    keep: bool,
    /// PostgreSQL for the example service; without it, SQLite
    #[arg(long, value_name = "URL", env = "BELLWETHER_TEST_POSTGRES_URL", hide_env_values = true)]
    postgres: Option<String>,
    /// Anything here keeps colours off
    #[arg(long, hide = true, env = "NO_COLOR", default_value = "")]
    no_color: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let options = Options {
        keep: arguments.keep,
        postgres_url: arguments.postgres.filter(|url| !url.is_empty()),
        tell: Tell::new(!arguments.no_color.is_empty()),
    };
    demo::run(options).await
}
