//! The OpenTelemetry Collector's core as plain pass-through: its own defaults, no processor, and a
//! queue that holds senders back instead of refusing them, so that nothing is lost.

use std::process::Command;

use anyhow::Context;
use bellwether_load::client::Protocol;

use super::super::case::Case;
use super::{Place, Programs, program, written};

pub(super) fn command(programs: &Programs, place: &Place, case: &Case) -> anyhow::Result<Command> {
    let (exporter, endpoint) = match case.protocol {
        Protocol::Grpc => ("otlp_grpc", place.sink.to_string()),
        Protocol::Http => ("otlp_http", format!("http://{}", place.sink)),
    };
    let config = format!(
        "receivers:
  otlp:
    protocols:
      grpc: {{ endpoint: \"{grpc}\", max_recv_msg_size_mib: 64 }}
      http: {{ endpoint: \"{http}\" }}
exporters:
  {exporter}:
    endpoint: \"{endpoint}\"
    compression: {compression}
    tls: {{ insecure: true }}
    sending_queue: {{ block_on_overflow: true }}
service:
  telemetry:
    metrics: {{ level: none }}
    logs: {{ level: warn }}
  pipelines:
    traces: {{ receivers: [otlp], exporters: [{exporter}] }}
",
        grpc = place.grpc,
        http = place.http,
        compression = case.compression.as_str(),
    );
    let path = written(place, "otelcol.yaml", &config)?;
    let mut command = program(&programs.otelcol);
    command.args(["--config", path.to_str().context("a readable path")?]);
    Ok(command)
}
