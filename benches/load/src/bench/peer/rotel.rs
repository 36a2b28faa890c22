//! rotel as PyPI has it, as plain pass-through: no batching beyond the request.

use std::process::Command;

use super::super::case::Case;
use super::{Place, Programs, program};

pub(super) fn command(programs: &Programs, place: &Place, case: &Case) -> Command {
    let mut command = program(&programs.rotel);
    command.arg("start");
    command.args(["--otlp-grpc-endpoint", &place.grpc.to_string()]);
    command.args(["--otlp-http-endpoint", &place.http.to_string()]);
    command.args(["--otlp-grpc-max-recv-msg-size-mib", "64"]);
    command.args(["--exporter", "otlp", "--otlp-exporter-protocol", case.protocol.as_str()]);
    command.args(["--otlp-exporter-endpoint", &format!("http://{}", place.sink)]);
    command.args(["--otlp-exporter-compression", case.compression.as_str()]);
    command.arg("--disable-batching");
    command.arg("--pid-file").arg(place.folder.join("pid"));
    command.arg("--log-file").arg(place.folder.join("rotel.log"));
    command
}
