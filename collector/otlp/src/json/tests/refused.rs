//! What is refused, and where it is said to be wrong.

use super::super::{Error, metrics, traces};

fn refusal(span: &str) -> String {
    let json = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{span}]}}]}}]}}"#);
    traces(json.as_bytes(), usize::MAX).expect_err(&json).to_string()
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (span, wanted) in [
        (r#"{"traceId":"abc"}"#, "expected 32 hex digits at byte 58 in Span.traceId"),
        (r#"{"traceId":"5b8efff798038103d269b633813fc60"}"#, "expected 32 hex digits"),
        (r#"{"traceId":"5b8efff798038103d269b633813fc6zz"}"#, "expected 32 hex digits"),
        (r#"{"spanId":"5b8efff798038103d269b633813fc60c"}"#, "expected 16 hex digits"),
        (r#"{"spanId":"ABAB"}"#, "in Span.spanId"),
        (r#"{"kind":"SPAN_KIND_SERVER"}"#, "names of enumerations are not OTLP"),
        (r#"{"kind":"2"}"#, "expected an integer"),
        (r#"{"kind":2.5}"#, "expected an integer"),
        (r#"{"kind":4294967296}"#, "expected an integer"),
        (r#"{"status":{"code":"STATUS_CODE_ERROR"}}"#, "in Status.code"),
        (r#"{"startTimeUnixNano":-1}"#, "expected an integer of 0 to 2^64 - 1"),
        (r#"{"startTimeUnixNano":"now"}"#, "in Span.startTimeUnixNano"),
        (r#"{"startTimeUnixNano":18446744073709551616}"#, "expected an integer"),
        (r#"{"startTimeUnixNano":1e40}"#, "expected an integer"),
        (r#"{"flags":4294967296}"#, "expected an integer of 0 to 2^32 - 1"),
        (r#"{"name":5}"#, "expected a string"),
        (r#"{"name":["a"]}"#, "expected a string"),
        (r#"{"name":"a","name":"b"}"#, "the key stands twice"),
        (r#"{"attributes":{}}"#, "expected an array"),
        (r#"{"attributes":"x"}"#, "expected an array"),
        (r#"{"attributes":[[]]}"#, "expected an object"),
        (r#"{"attributes":["secret"]}"#, "expected an object"),
        (r#"{"events":[null]}"#, "null in a list"),
        (r#"{"attributes":[{"value":{"boolValue":"true"}}]}"#, "in AnyValue.boolValue"),
        (r#"{"attributes":[{"value":{"boolValue":1}}]}"#, "expected true or false"),
        (r#"{"attributes":[{"value":{"bytesValue":"%"}}]}"#, "expected base64"),
        (r#"{"attributes":[{"value":{"bytesValue":"AAAAA"}}]}"#, "expected base64"),
        (r#"{"attributes":[{"value":{"doubleValue":"inf"}}]}"#, "expected a number"),
        (r#"{"attributes":[{"value":{"doubleValue":1e999}}]}"#, "number out of range"),
        (r#"{"attributes":[{"value":"plain"}]}"#, "in KeyValue.value"),
        (r#"{"name":"\ud800"}"#, "in Span.name"),
        ("{", "at byte"),
    ] {
        let told = refusal(span);
        assert!(told.contains(wanted), "{span}: {told}");
        assert!(!told.contains("secret") && !told.contains(" line "), "{told}");
    }
}

#[test]
fn the_byte_is_that_of_the_whole_text() {
    let json = b"{\n \"resourceSpans\": [\n  7\n ]\n}";
    let Err(Error::Malformed { offset, .. }) = traces(json, usize::MAX) else { panic!("refused") };
    assert_eq!(&json[offset..=offset], b"7");
}

#[test]
fn what_is_no_object_or_has_more_behind_it() {
    for json in
        [&b""[..], b"null", b"[]", b"7", b"\"x\"", b"{} {}", b"{}x", b"\xff\xfe{}", b"{'a':1}"]
    {
        assert!(traces(json, usize::MAX).is_err(), "{:?}", String::from_utf8_lossy(json));
    }
    assert!(traces(b"{\"resourceSpans\":[{\"schemaUrl\":\"\xff\"}]}", usize::MAX).is_err());
}

#[test]
fn depth_ends_somewhere() {
    let deep = |levels: usize| {
        let open = r#"{"arrayValue":{"values":["#.repeat(levels);
        let close = "]}}".repeat(levels);
        format!(
            r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"value":{open}{close}}}]}}}}]}}"#
        )
    };
    let bytes = traces(deep(30).as_bytes(), usize::MAX).unwrap();
    assert_eq!(crate::validate::traces(&bytes), Ok(()), "what we make passes");
    let told = traces(deep(1_000).as_bytes(), usize::MAX).unwrap_err().to_string();
    assert!(told.contains("recursion limit"), "{told}");
    let unknown = format!(r#"{{"x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(traces(unknown.as_bytes(), usize::MAX), Ok(vec![]));
}

#[test]
fn what_grows_beyond_the_limit_is_too_large() {
    let counts = "0,".repeat(10_000);
    let json = format!(
        r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"histogram":{{"dataPoints":[
            {{"bucketCounts":[{counts}0]}}]}}}}]}}]}}]}}"#
    );
    assert!(metrics(json.as_bytes(), 100_000).is_ok());
    assert_eq!(metrics(json.as_bytes(), 70_000), Err(Error::TooLarge { limit: 70_000 }));
}
