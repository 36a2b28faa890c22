//! Bellwether with 100 rules.

use std::process::Command;

use bellwether_load::client::Protocol;
use bellwether_load::rules;

use super::super::case::Case;

use super::{Peer, Place, Programs, program, written};

pub(super) fn command(
    peer: Peer,
    programs: &Programs,
    place: &Place,
    case: &Case,
) -> anyhow::Result<Command> {
    let (exporter, endpoint, tls) = match case.protocol {
        Protocol::Grpc => ("otlp", place.sink.to_string(), "tls: { insecure: true }, "),
        Protocol::Http => ("otlphttp", format!("http://{}", place.sink), ""),
    };
    let queue = match peer {
        Peer::Disk => "{ storage: disk }",
        _ => "{ storage: memory }",
    };
    let enrich = peer == Peer::Enriched;
    let config = format!(
        "receivers:
  otlp:
    protocols:
      grpc: {{ endpoint: \"{grpc}\" }}
      http: {{ endpoint: \"{http}\" }}
processors:
  health: {{ catalog: catalog.yaml, rules: [rules.yaml], enrich: {enrich} }}
exporters:
  {exporter}: {{ endpoint: \"{endpoint}\", {tls}compression: {compression}, sending_queue: {queue} }}
extensions:
  storage: {{ path: \"{data}\" }}
  dashboard: {{ endpoint: \"{api}\" }}
service:
  pipelines:
    traces: {{ receivers: [otlp], processors: [health], exporters: [{exporter}] }}
",
        grpc = place.grpc,
        http = place.http,
        api = place.api,
        compression = case.compression.as_str(),
        data = place.folder.join("data").display(),
    );
    written(place, "catalog.yaml", &rules::catalog())?;
    written(place, "rules.yaml", &rules::rules())?;
    let path = written(place, "bellwether.yaml", &config)?;
    let mut command = program(&programs.ours);
    command.args(["run", "--log", "warn", "--config"]).arg(path);
    Ok(command)
}
