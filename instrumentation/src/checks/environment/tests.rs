use super::*;

async fn run(pairs: &'static [(&'static str, &'static str)], required: &[&str]) -> CheckResult {
    let lookup = env::fixed(pairs);
    environment(required.iter().copied()).lookup(move |name| lookup(name)).run().await
}

#[tokio::test]
async fn set_variables_pass() {
    let pairs = &[("DATABASE_URL", "postgres://u:p@h/db"), ("KEY", "exchange")];
    assert_eq!(run(pairs, &["DATABASE_URL", "KEY"]).await, Ok(()));
    assert_eq!(run(&[], &[]).await, Ok(()));
}

#[tokio::test]
async fn every_problem_is_named_at_once_and_no_value_is_printed() {
    let pairs = &[("EMPTY", "  "), ("KEY", "changeme-s3cret"), ("FINE", "yes")];
    let error = run(pairs, &["DATABASE_URL", "EMPTY", "FINE", "KEY"]).await.unwrap_err();
    assert_eq!(
        error.message(),
        "DATABASE_URL is not set; EMPTY is set but empty; KEY still holds a placeholder"
    );
    assert_eq!(
        error.advice.as_deref(),
        Some("set DATABASE_URL, EMPTY, KEY in the environment of this process")
    );
    assert_eq!(error.error_type, "variable_missing");
}

#[test]
fn placeholders_are_known() {
    for value in [
        "changeme",
        "CHANGE_ME",
        "change-me-please",
        "replace me",
        "TODO",
        "xxx",
        "XXXX-XXXX",
        "<password>",
        "${DATABASE_URL}",
        "{{ key }}",
        "your-api-key",
        "your_token",
        "placeholder",
    ] {
        assert!(is_placeholder(value), "{value}");
    }
    for value in ["exchange", "todoist", "x86", "yours", "postgres://localhost/todo", "a<b>", "0"] {
        assert!(!is_placeholder(value), "{value}");
    }
}

#[tokio::test]
async fn values_have_to_be_what_they_are_read_as() {
    let pairs = &[
        ("PORT", "80a80"),
        ("WORKERS", "900"),
        ("FORMAT", "xml"),
        ("LISTEN", "s3cret"),
        ("GOOD_PORT", "8080"),
        ("SPACED", " 8080"),
    ];
    let lookup = env::fixed(pairs);
    let check = environment(["GOOD_PORT"])
        .parses::<u16>("PORT")
        .parses::<u16>("GOOD_PORT")
        .parses::<u16>("SPACED")
        .parses::<bool>("UNSET")
        .parses_if_set::<bool>("UNSET_TOO")
        .parses_if_set::<std::net::IpAddr>("LISTEN")
        .one_of("FORMAT", ["text", "json"])
        .holds("WORKERS", "a number from 1 to 64", |value| {
            value.parse().is_ok_and(|n: u8| (1..=64).contains(&n))
        })
        .lookup(move |name| lookup(name));
    let error = check.run().await.unwrap_err();
    assert_eq!(
        error.message(),
        "PORT is not a valid u16; SPACED is not a valid u16; UNSET is not set; LISTEN is not a valid IpAddr; \
         FORMAT is not one of text, json; WORKERS is not a number from 1 to 64"
    );
    assert_eq!(error.error_type, "variable_malformed");
}
