//! What is right is read, and means what people think it means.

use super::*;

#[test]
fn an_empty_file_is_an_empty_map() {
    for text in ["", "\n\n", "# only a comment\n", "---\n", "--- \n...\n", "{}", "\u{feff}"] {
        assert_eq!(read::<Product>(text).unwrap(), Product::default(), "{text:?}");
    }
}

#[test]
fn everything_is_read() {
    let product: Product = read(
        r#"
slos:
  - { name: "007", objective: 1, window: 30s }
  - name: no
    objective: 0.05
    port: 0x1F
receivers:
  grpc:
  http: { endpoint: 127.0.0.1:4318 }
probes:
  login: { http: { url: "https://a.example", every: 5s } }
  idp: { tls: { address: "b.example:443" } }
rules:
  errors: { kind: threshold, above: 0.05, window: 60s }
  silent: { kind: absence, after: learn }
  quiet: { kind: absence, after: 30 }
  slo: { kind: burn_rate, objective: 0.99, window: 30s }
level: detailed
strict: true
labels: &names { a: "1", b.c: x }
"#,
    )
    .unwrap();
    let listener = |endpoint: &str| Some(Listener { endpoint: endpoint.to_owned() });
    assert_eq!(product.slos[0].name, "007");
    assert_eq!(product.slos[1].name, "no");
    assert_eq!(product.slos[1].port, 31);
    let receivers = product.receivers.unwrap();
    assert_eq!(receivers.grpc, listener("127.0.0.1:0"), "a key with nothing after it is a section");
    assert_eq!(receivers.http, listener("127.0.0.1:4318"));
    assert_eq!(product.probes["idp"], Probe::Tls { address: "b.example:443".to_owned() });
    assert_eq!(product.rules["silent"], Rule::Absence { after: After::Word(Learn::Learn) });
    assert_eq!(product.rules["quiet"], Rule::Absence { after: After::Seconds(30) });
    assert_eq!(
        product.rules["slo"],
        Rule::BurnRate(Burn { objective: 0.99, window: Span(30) }),
        "a variant of a type of its own"
    );
    assert_eq!(product.labels["b.c"], "x");
}

#[test]
fn null_is_a_key_left_out() {
    let product: Product = read("receivers: { grpc: null, http: ~ }").unwrap();
    assert_eq!(product.receivers, Some(Receivers { grpc: None, http: None }));
}

#[test]
fn substitutions_take_the_type_that_is_wanted() {
    let product: Product = read(
        r#"
slos:
  - { name: "${env:PORT}", objective: "${env:OBJECTIVE}", port: "${env:PORT}" }
  - name: at ${env:NAME} for $${env:NAME} and $5
    objective: ${env:NOT_SET:-0.5}
    port: ${env:EMPTY:-1}
strict: ${env:STRICT}
labels:
  trick: ${env:TRICK}
  file: "${file:key.txt}"
  empty: "${env:EMPTY}"
  default: ${env:NOT_SET:-}
"#,
    )
    .unwrap();
    let [first, second] = product.slos.as_slice() else { panic!("{product:?}") };
    assert_eq!((first.name.as_str(), first.objective, first.port), ("8080", 0.99, 8080));
    assert_eq!(second.name, "at login for ${env:NAME} and $5");
    assert_eq!((second.objective, second.port), (0.5, 1));
    assert!(product.strict);
    assert_eq!(product.level, Level::Normal, "a value never becomes structure");
    assert_eq!(product.labels["trick"], "x\nlevel: detailed # ${env:TOKEN}");
    assert_eq!(product.labels["file"], "k3y-fr0m-file");
    assert_eq!((product.labels["empty"].as_str(), product.labels["default"].as_str()), ("", ""));
}

#[test]
fn aliases_repeat_values() {
    let product: Product =
        read("labels: &l { a: x }\nslos: [&s { name: n, objective: 1 }, *s]").unwrap();
    assert_eq!(product.slos[0], product.slos[1]);
}

#[test]
fn a_section_is_read_as_the_type_that_its_kind_names() {
    let text = "exporters:\n  statuspage/eu: { api_key: abc, page_id: p1 }\n  other:\n";
    let document = Document::parse("b.yaml", text, &lookup()).unwrap();
    document.read::<Product>().unwrap();
    let exporters = document.section("exporters").unwrap().entries();
    let names: Vec<_> = exporters.iter().map(|(key, _)| *key).collect();
    assert_eq!(names, ["statuspage/eu", "other"]);
    let vendor: Vendor = document.section("exporters.statuspage/eu").unwrap().read().unwrap();
    assert_eq!(vendor.page_id.as_deref(), Some("p1"));
    assert!(document.section("exporters.none").is_none());
}

#[test]
fn a_section_is_held_against_a_schema_alone() {
    let text = "a: { api_key_file: key.txt, page_id: \"${env:PORT}\", batch: \"${env:PORT}\" }";
    let document = Document::parse("b.yaml", text, &lookup()).unwrap();
    let section = document.section("a").unwrap();
    let value = section.read_against(schemars::schema_for!(Vendor)).unwrap();
    let expected =
        serde_json::json!({ "api_key": "k3y-fr0m-file", "page_id": "8080", "batch": 8080 });
    assert_eq!(value, expected);
    assert!(section.read_against(schemars::schema_for!(Slo)).is_err());
}

#[test]
fn the_schema_knows_twins_and_secrets() {
    insta::assert_json_snapshot!(crate::schema::<Vendor>());
}

/// What names a file that is read later.
#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Tls {
    certificate: Option<Certificate>,
}

/// Stands in for the path type of another crate.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(transparent)]
struct Certificate(String);

impl JsonSchema for Certificate {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Certificate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "x-file": true })
    }
}

#[test]
fn a_path_becomes_the_place_of_its_file() {
    let lookup = lookup().with_paths(|path| match path {
        "tls.crt" | "login" => Ok(format!("/etc/{path}")),
        _ => Err("no such file".to_owned()),
    });
    let read = |text: &str| Document::parse("b.yaml", text, &lookup).unwrap().read::<Tls>();
    let path = |text: &str| read(text).unwrap().certificate.unwrap().0;
    assert_eq!(path("certificate: tls.crt"), "/etc/tls.crt");
    assert_eq!(path("certificate: ${env:NAME}"), "/etc/login");
    insta::assert_snapshot!(read("certificate: tsl.crt").unwrap_err());
    let shown = read("certificate: ${env:TOKEN}").unwrap_err().to_string();
    assert!(shown.contains("the file that `${env:TOKEN}` names: no such file"), "{shown}");
    assert!(!shown.contains("tok-5eCr3t"), "{shown}");
}
