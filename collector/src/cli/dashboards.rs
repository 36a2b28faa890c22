//! `bellwether dashboards`.

use std::path::PathBuf;

use bellwether_dashboards::Product;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

/// Dashboards for products that draw their own.
#[derive(Debug, Args)]
pub struct Dashboards {
    /// What is wanted.
    #[command(subcommand)]
    pub command: DashboardsCommand,
}

/// What can be done about dashboards.
#[derive(Debug, Subcommand)]
pub enum DashboardsCommand {
    /// Writes dashboards as files that Grafana, Datadog and New Relic import.
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(Export),
}

const EXPORT_EXAMPLES: &str = "Examples:
  bellwether dashboards export                              all, into ./dashboards
  bellwether dashboards export grafana --to /var/lib/grafana/dashboards
  bellwether dashboards export newrelic --account 1234567

They show what the collector says about itself and about what it found. Grafana asks a Prometheus
that scrapes the collector's /metrics; Datadog and New Relic are sent it by a pipeline that takes
from the receiver `self`. How each is imported: docs/ready-dashboards.md.
Exit codes: 0 written, 1 a file could not be written, 2 wrong command line.";

/// Options of `dashboards export`.
#[derive(Debug, Args)]
pub struct Export {
    /// For which products; for all unless named.
    #[arg(value_name = "PRODUCT", value_parser = products())]
    pub products: Vec<Product>,
    /// The folder; each product has one in it unless there is only one.
    #[arg(long, value_name = "FOLDER", default_value = "dashboards")]
    pub to: PathBuf,
    /// New Relic's account, which each of its questions names.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub account: u64,
}

fn products() -> impl TypedValueParser<Value = Product> {
    PossibleValuesParser::new(Product::ALL.map(Product::name)).try_map(|word| word.parse())
}
