//! `bellwether token`.

use std::path::PathBuf;

use bellwether_core::access::Role;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

pub(super) const TOKEN_EXAMPLES: &str = "Examples:
  bellwether token create --role operator --name alice
  bellwether token list --storage /var/lib/bellwether
  bellwether token revoke tok_4f1c9a0237be11d5

A token is printed once; what is kept of it is a hash. A collector that runs goes by it at once.
Roles: viewer looks, operator acts on incidents too, admin reads who did what too.
Exit codes: 0 done, 1 failed.";

/// Options of `token`.
#[derive(Debug, Args)]
pub struct Token {
    /// What is to be done.
    #[command(subcommand)]
    pub command: TokenCommand,
    /// The collector's folder, as `extensions.storage.path` has it.
    #[arg(long, global = true, value_name = "FOLDER", default_value = "bellwether-data")]
    pub storage: PathBuf,
}

/// What can be done about tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Makes a token, and prints it this once.
    Create {
        /// What it may do.
        #[arg(long, value_parser = roles())]
        role: Role,
        /// Who gets it: what the audit calls them.
        #[arg(long)]
        name: String,
    },
    /// Shows the tokens that there are, without themselves.
    List,
    /// Takes a token away.
    Revoke {
        /// Its id, as `list` shows it.
        id: String,
    },
}

fn roles() -> impl TypedValueParser<Value = Role> {
    let words = PossibleValuesParser::new(Role::ALL.iter().map(|it| it.as_str()));
    // nothing else is let through
    words.map(|word| Role::from_word(&word).unwrap_or(Role::Viewer))
}
