//! Who may send: TLS, tokens, and listeners that are open to others.

use super::*;

/// Where others may come in, with further keys of the protocol.
fn open(keys: &str, extensions: &str) -> String {
    format!(
        "receivers: {{ otlp: {{ protocols: {{ grpc: {{ endpoint: \"0.0.0.0:4317\", {keys} }} }} }} }}\n{extensions}"
    )
}

const TOKENS: &str = "extensions: { bearertokenauth/senders: { token: s3cret } }\n";
const AUTH: &str = "auth: { authenticator: bearertokenauth/senders }";

/// A certificate and its key, as files; and whom senders are vouched for by.
fn with_certificates(text: &str) -> Result<Config, String> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    load_files(&[
        ("bellwether.yaml", text),
        ("a.crt", &certificate),
        ("a.key", &key),
        ("bad", "none"),
    ])
}

#[test]
fn who_knows_senders_may_be_open_to_others() {
    let told = load_text(&open("", TOKENS)).err().unwrap();
    assert!(told.contains("open to other machines, without authentication"), "{told}");
    assert!(told.contains("`tls.client_ca_file`"), "{told}");
    let tls = "tls: { cert_file: a.crt, key_file: a.key }";
    let told = with_certificates(&open(tls, "")).err().unwrap();
    assert!(told.contains("without authentication"), "TLS does not say who sends: {told}");

    let mutual = "tls: { cert_file: a.crt, key_file: a.key, client_ca_file: a.crt }";
    assert_eq!(with_certificates(&open(mutual, "")).unwrap().notes(), []);
    let both = format!("{tls}, {AUTH}");
    assert_eq!(with_certificates(&open(&both, TOKENS)).unwrap().notes(), []);

    let config = load_text(&open(AUTH, TOKENS)).unwrap();
    let [note] = config.notes() else { panic!("{:?}", config.notes()) };
    assert!(note.message.contains("tokens come in plain text"), "{note}");
    let Receiver::Otlp(otlp) = &config.receivers["otlp"] else { panic!("another kind") };
    assert!(otlp.tokens.contains_key("bearertokenauth/senders"));
}

#[test]
fn what_nobody_could_come_in_with_is_told() {
    for (keys, extensions, wanted) in [
        (AUTH, "", "there is no authenticator `bearertokenauth/senders`"),
        (AUTH, "extensions: { bearertokenauth/senders: }\n", "there is no token"),
        (
            AUTH,
            "extensions: { bearertokenauth/senders: { tokens: [\"a\\tb\\nc\"] } }\n",
            "no header takes",
        ),
        (AUTH, "extensions: { bearertokenauth/senders: { filename: absent } }\n", "absent"),
        ("", "extensions: { storage/2: }\n", "there is one storage extension"),
        ("", "extensions: { basicauth: }\n", "`bearertokenauth`"),
        ("tls: { cert_file: a.crt }", TOKENS, "write `key_file`"),
        ("tls: { cert_file: bad, key_file: a.key }", TOKENS, "holds no certificate in PEM"),
        ("tls: { cert_file: absent, key_file: a.key }", TOKENS, "absent"),
        ("tls: { cert_file: a.crt, key_file: a.key, min_version: \"1.1\" }", TOKENS, "1.1"),
    ] {
        let told = with_certificates(&open(keys, extensions)).err().unwrap();
        assert!(told.contains(wanted), "{wanted}: {told}");
        assert!(!told.contains("s3cret"), "{told}");
    }
}

#[test]
fn tokens_may_come_from_a_file_and_certificates_need_no_interval() {
    let keys = format!(
        "tls: {{ cert_file: a.crt, key_file: a.key, reload_interval: 24h, client_ca_file_reload: true }}, {AUTH}"
    );
    for tokens in ["token_file: a.key", "filename: bad"] {
        let extensions = format!("extensions: {{ bearertokenauth/senders: {{ {tokens} }} }}\n");
        let read = with_certificates(&open(&keys, &extensions));
        if tokens.starts_with("token_file") {
            assert!(read.err().unwrap().contains("no header takes"), "it has several lines");
            continue;
        }
        let notes: Vec<String> = read.unwrap().notes().iter().map(ToString::to_string).collect();
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(notes.iter().all(|it| it.contains("has no effect here")), "{notes:?}");
    }
}

/// What a receiver is made of changes with everything that it names.
#[test]
fn a_receiver_is_another_one_when_its_certificate_or_tokens_are() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let source = Source::new(Some(folder.path().join("bellwether.yaml")));
    let renew = || {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        write("a.crt", &made.cert.pem());
        write("a.key", &made.signing_key.serialize_pem());
    };
    let text = |room: u32| {
        format!(
            "receivers: {{ otlp: {{ protocols: {{ grpc: {{ tls: {{ cert_file: a.crt, key_file: a.key }} }}, http: {{ {AUTH} }} }}, admission: {{ request_limit_mib: {room} }} }} }}\n\
             extensions: {{ bearertokenauth/senders: {{ filename: tokens }} }}\n"
        )
    };
    renew();
    write("tokens", "one");
    write("bellwether.yaml", &text(72));
    let load = || source.load().config.map_err(|it| it.render(false)).unwrap().outline;
    let mut before = load();
    let mut changes = || {
        let after = load();
        let changed = Changes::between(&before, &after).receivers.changed;
        before = after;
        changed.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(changes(), [""; 0]);
    renew();
    assert_eq!(changes(), ["otlp/grpc"]);
    write("tokens", "one\ntwo");
    assert_eq!(changes(), ["otlp/http"]);
    write("bellwether.yaml", &text(64));
    assert_eq!(changes(), ["otlp/grpc", "otlp/http"]);
}

#[test]
fn room_is_a_setting() {
    let room = |text: &str| {
        let config = load_text(text).unwrap();
        let Receiver::Otlp(otlp) = &config.receivers["otlp"] else { panic!("another kind") };
        otlp.admission.bytes() >> 20
    };
    assert_eq!(room(""), 72);
    assert_eq!(room("receivers: { otlp: { admission: { request_limit_mib: 256 } } }"), 256);
    let none = "receivers: { otlp: { admission: { request_limit_mib: 0 } } }";
    assert!(load_text(none).is_err(), "nothing would fit");
}

/// Where people sign in, with these keys instead of good ones.
fn signing_in(keys: &str) -> String {
    let good = [
        ("issuer", "https://login.example"),
        ("client_id", "bellwether"),
        ("url", "https://bellwether.example"),
        ("roles", "{ viewer: [staff] }"),
    ];
    let kept = good.iter().filter(|(key, _)| !keys.contains(&format!("{key}:")));
    let kept: String = kept.map(|(key, value)| format!("{key}: {value}, ")).collect();
    format!("extensions: {{ dashboard: {{ auth: {{ oidc: {{ {kept}{keys} }} }} }} }}\n")
}

#[test]
fn how_people_sign_in_is_checked() {
    let config =
        with_certificates(&signing_in("client_secret_file: a.key, ca_file: a.crt")).unwrap();
    let oidc = config.dashboard.auth.oidc.clone().unwrap();
    assert!(oidc.client_secret.unwrap().expose().contains("PRIVATE KEY"));
    assert!(oidc.ca_file.unwrap().as_path().is_absolute());
    assert_eq!(config.dashboard.auth.role_without_token(&config.dashboard.endpoint), None);
    for (keys, wanted) in [
        ("issuer: http://login.example", "auth.oidc.issuer"),
        ("url: bellwether.example", "is not an address that browsers can be sent to in safety"),
        ("roles: {}", "key: extensions.dashboard.auth.oidc.roles"),
        ("session_for: 90d", "is not between a second and 30 days"),
        ("clock_skew: 1h", "set the clocks"),
        ("ca_file: absent", "absent"),
        ("role: groups", "known here: `ca_file`"),
    ] {
        let told = with_certificates(&signing_in(keys)).err().unwrap();
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
}
