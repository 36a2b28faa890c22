use http::HeaderMap;

use super::*;
use crate::verdict::RetryAfter;

fn answered(code: u16, message: &'static str) -> Answer {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(code));
    trailers.insert("grpc-message", HeaderValue::from_static(message));
    Answer { status: 200, trailers, ..Answer::default() }
}

/// The word for a verdict.
fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted => "accepted",
        Verdict::Retry { .. } => "retry",
        Verdict::Reject { .. } => "reject",
        Verdict::TooLarge { .. } => "too large",
        Verdict::Pause { .. } => "pause",
    }
}

#[test]
fn every_status_means_what_the_specification_says() {
    let expected = [
        "accepted", "retry", "reject", "reject", "retry", "reject", "reject", "pause", "reject",
        "reject", "retry", "retry", "reject", "reject", "retry", "retry", "pause", "reject",
    ];
    for (code, expected) in (0..).zip(expected) {
        let answer = answered(code, "no");
        assert_eq!(word(&status::judge(&answer)), expected, "{code}");
        // without a message on the way, the status comes in the headers
        let short = Answer { headers: answer.trailers, trailers: HeaderMap::new(), ..answer };
        assert_eq!(word(&status::judge(&short)), expected, "{code}");
    }
}

#[test]
fn an_oversize_message_is_told_from_an_exhausted_server() {
    for (code, message, expected) in [
        (8, "grpc: received message larger than max (5000000 vs. 4194304)", "too large"),
        (8, "the request is larger than 67108864 bytes", "too large"),
        (
            11,
            "Error, decoded message length too large: found 9 bytes, the limit is: 4",
            "too large",
        ),
        (8, "gRPC message exceeds maximum size 4194304: 5000000", "too large"),
        (8, "quota", "reject"),
        (14, "the message is too large", "retry"),
    ] {
        assert_eq!(word(&status::judge(&answered(code, message))), expected, "{message}");
    }
}

#[test]
fn retry_info_is_found_among_the_details() {
    // Status { code: 14, details: [DebugInfo, RetryInfo { retry_delay: 2.5 s }] }
    let info = b"\x0a\x28type.googleapis.com/google.rpc.RetryInfo\x12\x0a\x0a\x08\x08\x02\x10\x80\xca\xb5\xee\x01";
    let other = b"\x0a\x28type.googleapis.com/google.rpc.DebugInfo";
    let mut details = vec![0x08, 14, 0x1a, other.len() as u8];
    details.extend_from_slice(other);
    details.extend_from_slice(&[0x1a, info.len() as u8]);
    details.extend_from_slice(info);
    for code in [8, 14] {
        for padded in [false, true] {
            let mut answer = answered(code, "busy");
            let text = base64(&details, padded);
            answer.trailers.insert("grpc-status-details-bin", text.parse().unwrap());
            let Verdict::Retry { after, why } = status::judge(&answer) else { panic!() };
            assert_eq!(after, Some(RetryAfter::In(Duration::from_millis(2_500))));
            assert!(why.ends_with(": busy"), "{why}");
        }
    }
    for rubbish in ["", "!", "AAAA", "/////w"] {
        let mut answer = answered(14, "busy");
        answer.trailers.insert("grpc-status-details-bin", rubbish.parse().unwrap());
        let Verdict::Retry { after, .. } = status::judge(&answer) else { panic!() };
        assert_eq!(after, None, "{rubbish}");
    }
}

fn base64(bytes: &[u8], padded: bool) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | u32::from(*chunk.get(at).unwrap_or(&0)));
        for at in 0..4 {
            match chunk.len() >= at {
                true => text.push(DIGITS[(bits >> (18 - 6 * at) & 63) as usize] as char),
                false if padded => text.push('='),
                false => {}
            }
        }
    }
    text
}

#[test]
fn what_something_before_the_server_answers_is_told_apart() {
    for (status, expected) in [
        (200, "retry"),
        (401, "pause"),
        (403, "pause"),
        (404, "reject"),
        (413, "too large"),
        (429, "retry"),
        (500, "reject"),
        (503, "retry"),
    ] {
        let answer = Answer { status, ..Answer::default() };
        assert_eq!(word(&status::judge(&answer)), expected, "{status}");
    }
}

#[test]
fn a_message_is_decoded() {
    let Verdict::Reject { why } = status::judge(&answered(3, "caf%C3%A9 100% %zz")) else {
        panic!()
    };
    assert_eq!(why, "INVALID_ARGUMENT: café 100% %zz");
}

#[test]
fn endpoints_are_written_as_in_the_opentelemetry_collector() {
    for (endpoint, insecure, url) in [
        ("a.example:4317", false, "https://a.example:4317"),
        ("a.example:4317", true, "http://a.example:4317"),
        ("http://a.example:4317", false, "http://a.example:4317"),
        ("https://a.example:4317/", true, "https://a.example:4317"),
        ("https://a.example", false, "https://a.example"),
        ("dns:///a.example:4317", true, "http://a.example:4317"),
        ("dns://8.8.8.8/a.example:4317", true, "http://a.example:4317"),
        ("dns:a.example:4317", true, "http://a.example:4317"),
        ("[::1]:4317", true, "http://[::1]:4317"),
    ] {
        let mut problems = Vec::new();
        assert_eq!(base(endpoint, insecure, &mut problems), url);
        assert_eq!(problems, [], "{endpoint}");
    }
    for endpoint in ["a.example", "unix:///run/x", "ftp://a.example:1", "", "a:b", "http://u:p@a:1"]
    {
        let mut problems = Vec::new();
        base(endpoint, true, &mut problems);
        assert_eq!(problems.len(), 1, "{endpoint}");
    }
}

#[test]
fn a_timeout_has_at_most_eight_digits() {
    for (timeout, text) in [
        (Duration::from_secs(10), "10000m"),
        (Duration::from_micros(10), "1m"),
        (Duration::from_secs(99_999), "99999000m"),
        (Duration::from_secs(100_000), "100000S"),
        (Duration::MAX, "99999999S"),
    ] {
        assert_eq!(grpc_timeout(timeout), text);
    }
}
