use std::time::Duration;

use super::*;

#[test]
fn durations_are_read_and_written() {
    for (text, nanos, shown) in [
        ("30s", 30_000_000_000_u64, "30s"),
        ("5m", 300_000_000_000, "5m"),
        ("1h30m", 5_400_000_000_000, "1h30m"),
        ("90m", 5_400_000_000_000, "1h30m"),
        ("14d", 1_209_600_000_000_000, "14d"),
        ("800ms", 800_000_000, "800ms"),
        ("1.5s", 1_500_000_000, "1s500ms"),
        ("100µs", 100_000, "100us"),
        ("0s", 0, "0s"),
        ("1h0m0s", 3_600_000_000_000, "1h"),
    ] {
        let duration: HumanDuration = text.parse().unwrap();
        assert_eq!(duration.get(), Duration::from_nanos(nanos), "{text}");
        assert_eq!(duration.to_string(), shown);
        assert_eq!(shown.parse::<HumanDuration>().unwrap(), duration);
    }
}

#[test]
fn what_is_no_duration_is_refused_with_advice() {
    for text in ["", "30", "s", "30x", "-1s", "1,5s", "30 s", "..s", "1.s", "5m3", "1e3s"] {
        let error = text.parse::<HumanDuration>().unwrap_err().to_string();
        assert!(error.contains("such as `30s`"), "{text}: {error}");
    }
    for text in ["200000d", "99999999999999999999999999999999999999d"] {
        assert!(text.parse::<HumanDuration>().is_err(), "{text}");
    }
}

#[test]
fn sizes_are_read_and_written() {
    for (text, bytes, shown) in [
        ("256MiB", 268_435_456, "256MiB"),
        ("1MB", 1_000_000, "1MB"),
        ("1mb", 1_000_000, "1MB"),
        ("1.5 KiB", 1_536, "1536B"),
        ("0B", 0, "0B"),
        ("16TiB", 17_592_186_044_416, "16TiB"),
    ] {
        let size: ByteSize = text.parse().unwrap();
        assert_eq!((size.bytes(), size.to_string().as_str()), (bytes, shown), "{text}");
    }
    for text in ["", "256", "MiB", "256Mi", "-1MB", "1..5MB", "99999999999999TiB"] {
        assert!(text.parse::<ByteSize>().is_err(), "{text}");
    }
}

#[test]
fn percentages_are_exact() {
    let percent: Percent = "99.9%".parse().unwrap();
    assert!((percent.ratio() - 0.999).abs() < f64::EPSILON);
    assert_eq!(percent.to_string(), "99.9%");
    assert_eq!("5.0 %".parse::<Percent>().unwrap().to_string(), "5%");
    for text in ["99.9", "", "%", "101%", "-1%", "x%"] {
        assert!(text.parse::<Percent>().is_err(), "{text}");
    }
}

#[test]
fn endpoints_know_whether_they_are_loopback() {
    for (text, host, port, loopback) in [
        ("127.0.0.1:4317", "127.0.0.1", 4317, true),
        ("localhost:0", "localhost", 0, true),
        ("[::1]:4317", "::1", 4317, true),
        ("0.0.0.0:4318", "0.0.0.0", 4318, false),
        ("collector.example:443", "collector.example", 443, false),
    ] {
        let endpoint: Endpoint = text.parse().unwrap();
        assert_eq!((endpoint.host(), endpoint.port()), (host, port));
        assert_eq!(endpoint.is_loopback(), loopback, "{text}");
        assert_eq!(endpoint.to_string(), text);
    }
    for text in ["", "host", ":4317", "host:x", "host:70000", "http://h:1", "::1:80", "[h]:1"] {
        let error = text.parse::<Endpoint>().unwrap_err().to_string();
        assert!(error.contains("such as `127.0.0.1:4317`"), "{text}: {error}");
    }
}

#[test]
fn a_secret_is_never_seen() {
    let secret: Secret = serde_json::from_str("\"hunter2\"").unwrap();
    assert_eq!(secret.expose(), "hunter2");
    assert_eq!(format!("{secret:?} {:#?}", Some(&secret)), "*** Some(\n    ***,\n)");
    for json in ["12345", "-12345", "1.5", "true", "\"\"", "\"  \"", "[12345]", "{\"k\": 12345}"] {
        let error = serde_json::from_str::<Secret>(json).unwrap_err().to_string();
        assert!(!error.contains("12345"), "{error}");
    }
    let schema = schemars::schema_for!(Secret);
    assert_eq!(schema.get("x-secret"), Some(&serde_json::Value::Bool(true)));
}

#[test]
fn the_examples_of_every_schema_can_be_read() {
    fn check<T: schemars::JsonSchema + serde::de::DeserializeOwned>() {
        let schema = schemars::schema_for!(T);
        let examples = schema.get("examples").and_then(|e| e.as_array()).unwrap();
        for example in examples {
            serde_json::from_value::<T>(example.clone()).unwrap();
        }
    }
    check::<HumanDuration>();
    check::<ByteSize>();
    check::<Percent>();
    check::<Endpoint>();
    check::<Secret>();
    check::<FilePath>();
}
