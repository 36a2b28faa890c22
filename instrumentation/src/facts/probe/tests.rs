use super::*;
use crate::env;

#[test]
fn the_variables_say_where_and_with_what() {
    let target = ProbeTarget::read(&env::fixed(&[]), Protocol::Grpc);
    assert_eq!((target.endpoint(), target.headers.len()), ("http://localhost:4317", 0));
    let target = ProbeTarget::read(
        &env::fixed(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4317"),
            ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://logs:4317/"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20a%2Cb, x-tenant=acme,nonsense"),
        ]),
        Protocol::Grpc,
    );
    assert_eq!(target.endpoint(), "http://logs:4317");
    let headers: Vec<_> = target.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(headers, [("authorization", "Bearer a,b"), ("x-tenant", "acme")]);
}

#[cfg(feature = "http-proto")]
#[test]
fn over_http_the_place_of_logs_is_a_path_below_the_base() {
    const BASE: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1/otlp/");
    const OWN: (&str, &str) = ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://logs/otlp/v1/logs");
    let read = |pairs| ProbeTarget::read(&env::fixed(pairs), Protocol::Http).endpoint;
    assert_eq!(read(&[]), "http://localhost:4318");
    assert_eq!(read(&[BASE]), "http://c:1/otlp");
    assert_eq!(read(&[BASE, OWN]), "http://logs/otlp");
}

#[test]
fn only_the_collectors_own_header_is_believed() {
    assert_eq!(judge(200, Some("seen")), Sighting::Seen);
    assert_eq!(judge(404, Some("unseen")), Sighting::Unseen);
    for (status, word) in [(200, None), (404, None), (415, None), (404, Some("seen"))] {
        assert_eq!(judge(status, word), Sighting::Unknown(format!("it answered {status}")));
    }
}

#[test]
fn what_is_no_code_stays() {
    assert_eq!(decode("100%"), b"100%");
    assert_eq!(decode("%zz%41"), b"%zzA");
}
