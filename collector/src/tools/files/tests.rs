use std::path::Path;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

use super::*;

const SECOND: u64 = 1_000_000_000;

fn traces(ends: &[u64]) -> ExportTraceServiceRequest {
    let span = |end: &u64| Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: "GET /".to_owned(),
        end_time_unix_nano: end * SECOND,
        ..Default::default()
    };
    let spans = ends.iter().map(span).collect();
    let scope_spans = vec![ScopeSpans { spans, ..Default::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..Default::default() }];
    ExportTraceServiceRequest { resource_spans }
}

fn metrics(at: u64) -> ExportMetricsServiceRequest {
    let data_points = vec![NumberDataPoint { time_unix_nano: at * SECOND, ..Default::default() }];
    let data = Some(Data::Gauge(Gauge { data_points }));
    let metrics = vec![Metric { name: "queue.depth".to_owned(), data, ..Default::default() }];
    let scope_metrics = vec![ScopeMetrics { metrics, ..Default::default() }];
    let resource_metrics = vec![ResourceMetrics { scope_metrics, ..Default::default() }];
    ExportMetricsServiceRequest { resource_metrics }
}

fn logs(at: u64) -> ExportLogsServiceRequest {
    let log_records = vec![LogRecord { time_unix_nano: at * SECOND, ..Default::default() }];
    let scope_logs = vec![ScopeLogs { log_records, ..Default::default() }];
    let resource_logs = vec![ResourceLogs { scope_logs, ..Default::default() }];
    ExportLogsServiceRequest { resource_logs }
}

fn lengths(messages: &[Vec<u8>]) -> Vec<u8> {
    let framed = messages.iter().flat_map(|it| {
        let length = u32::try_from(it.len()).unwrap().to_be_bytes();
        length.into_iter().chain(it.iter().copied()).collect::<Vec<u8>>()
    });
    framed.collect()
}

fn zstd(message: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(message, 3).unwrap()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path
}

fn all(paths: &[PathBuf]) -> Result<Vec<(i64, Signal)>, ToolError> {
    let mut merge = Merge::open(paths)?;
    let mut items = Vec::new();
    while let Some(item) = merge.next()? {
        items.push((item.at.secs(), item.signal));
    }
    Ok(items)
}

#[test]
fn every_form_of_the_file_exporter_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let text = serde_json::to_vec(&traces(&[5, 7])).unwrap();
    let lines = [text.as_slice(), b"\n\n", &serde_json::to_vec(&traces(&[9])).unwrap(), b"\n"];
    let messages = [traces(&[5, 7]).encode_to_vec(), traces(&[9]).encode_to_vec()];
    let packed: Vec<Vec<u8>> = messages.iter().map(|it| zstd(it)).collect();
    for (name, bytes) in [
        ("a.json", lines.concat()),
        ("a.pb", lengths(&messages)),
        ("a.pb.zst", lengths(&packed)),
        ("a.json.zst", lengths(&[zstd(&text), zstd(&serde_json::to_vec(&traces(&[9])).unwrap())])),
    ] {
        let file = write(folder.path(), name, &bytes);
        let items = all(&[file]).unwrap();
        assert_eq!(items, [(7, Signal::Traces), (9, Signal::Traces)], "{name}");
    }
}

#[test]
fn protobuf_says_by_its_content_what_it_is_unless_the_name_does() {
    let folder = tempfile::tempdir().unwrap();
    for (name, message, signal) in [
        ("a", traces(&[1]).encode_to_vec(), Signal::Traces),
        ("b", metrics(1).encode_to_vec(), Signal::Metrics),
        ("c", logs(1).encode_to_vec(), Signal::Logs),
        ("my-logs.pb", logs(1).encode_to_vec(), Signal::Logs),
        ("metrics-1.pb", metrics(1).encode_to_vec(), Signal::Metrics),
        // says two things, and so none
        ("logs-and-traces", metrics(1).encode_to_vec(), Signal::Metrics),
    ] {
        let file = write(folder.path(), name, &lengths(&[message]));
        assert_eq!(all(&[file]).unwrap(), [(1, signal)], "{name}");
    }
}

#[test]
fn files_are_put_in_one_order_and_time_never_goes_back() {
    let folder = tempfile::tempdir().unwrap();
    let at = |ends: &[u64]| traces(ends).encode_to_vec();
    write(folder.path(), "b/traces", &lengths(&[at(&[1]), at(&[5]), at(&[4]), at(&[9])]));
    write(folder.path(), "a/logs", &lengths(&[logs(5).encode_to_vec(), logs(6).encode_to_vec()]));
    write(folder.path(), "a/.hidden", b"no OTLP");
    write(folder.path(), "empty", b"");
    let found = find(&[folder.path().to_owned()]).unwrap();
    let items = all(&found).unwrap();
    let (t, l) = (Signal::Traces, Signal::Logs);
    assert_eq!(items, [(1, t), (5, l), (5, t), (5, t), (6, l), (9, t)]);
}

#[test]
fn mistakes_are_told_with_file_and_place() {
    let folder = tempfile::tempdir().unwrap();
    let good = traces(&[1]).encode_to_vec();
    let mut cut = lengths(&[good.clone(), good.clone()]);
    cut.truncate(cut.len() - 3);
    let first = 4 + good.len();
    for (name, bytes, told) in [
        ("a.json", b"{\"resourceSpans\":[]}\n{\"resourceSpans\":[}\n".to_vec(), "line 2: "),
        ("b.json", b"{\"spans\":[]}".to_vec(), "line 1: expected `resourceSpans`"),
        ("c.pb", cut, &*format!("message before byte {first}: the file ends within a message")),
        ("d.pb", b"what is this?".to_vec(), "message before byte 0: a message of 2003329396 bytes"),
        (
            "e.pb",
            lengths(&[b"nonsense".to_vec()]),
            "message before byte 12: this is no request of OTLP",
        ),
        ("traces.pb", lengths(&[logs(1).encode_to_vec()]), "not traces: "),
    ] {
        let file = write(folder.path(), name, &bytes);
        let error = all(std::slice::from_ref(&file)).unwrap_err().to_string();
        assert!(error.starts_with(&file.display().to_string()), "{error}");
        assert!(error.contains(told), "{error}");
    }
    let error = find(&[folder.path().join("nope")]).unwrap_err().to_string();
    assert!(error.ends_with("nope: No such file or directory (os error 2)"), "{error}");
}
