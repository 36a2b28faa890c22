//! Which running collector is asked, and as whom.

use std::path::PathBuf;

use bellwether_core::settings::Secret;
use clap::Args;

use crate::tools::Address;

/// The collector that is asked, and how its answer is told.
#[derive(Debug, Args)]
pub struct Asked {
    /// Which running collector.
    #[command(flatten)]
    pub api: Api,
    /// Prints JSON.
    #[arg(long)]
    pub json: bool,
}

/// Which running collector is asked, and as whom.
#[derive(Debug, Args)]
pub struct Api {
    /// The API of a running collector; http://127.0.0.1:8088 unless set.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The token to show, where one is needed; from the environment, so that nobody sees it among
    /// the processes.
    #[arg(long, value_name = "TOKEN", env = "BELLWETHER_TOKEN", hide_env_values = true, value_parser = secret)]
    pub token: Option<Secret>,
    /// A file with the token to show, where one is needed.
    #[arg(long, value_name = "FILE", env = "BELLWETHER_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,
}

fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

impl From<Api> for Address {
    fn from(api: Api) -> Self {
        Self { url: api.url, token: api.token, token_file: api.token_file }
    }
}
