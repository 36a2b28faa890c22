//! Wrong documents and what people are told about them.

use super::*;

#[track_caller]
fn shown(text: &str) -> String {
    format!("{}\n---\n{}", text.trim_end(), problems(text))
}

macro_rules! wrong {
    ($($name:ident: $text:literal,)+) => {
        $(#[test]
        fn $name() {
            insta::with_settings!({ prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(concat!("wrong_", stringify!($name)), shown($text));
            });
        })+
    };
}

wrong! {
    misspelt_key: "slos:\n  - name: login\n    objectve: 0.99\n    window: 30s\n",
    unknown_key: "colour: blue\n",
    missing_keys: "slos:\n  - window: 30s\n  - {}\n",
    wrong_types: "
slos: { name: x }
strict: yes
level: 5
labels: [a]
receivers: text
rules: { a: [] }
",
    wrong_values: "
slos:
  - { name: 5, objective: high, window: 30, port: 70000 }
  - { name: true, objective: \"0.5\", window: [1], port: -1 }
  - { name: , objective: .nan, port: 1.5 }
labels: { a: 1.50, b: null, c: }
",
    unknown_words: "{ level: detaild, rules: { a: { kind: treshold }, b: { kind: zebra } } }\n",
    refused_by_the_type: "
slos:
  - { name: a, objective: 1, window: 30x }
  - { name: b, objective: 1, window: 5 parsecs }
rules:
  r: { kind: threshold, above: 1, window: 1h }
  s: { kind: burn_rate, objective: 1, window: soon }
  t: { kind: absence, after: nevr }
probes: { p: { http: { url: x, every: never } } }
",
    tagged_alternatives: "
rules:
  a: { above: 1 }
  b: { kind: threshold, abov: 1, window: 30s }
  c: { kind: [x] }
  d: { kind: absence, window: 30s }
  e:
  f: { kind: burn_rate, objective: 1, window: 30s, kin: x }
",
    keyed_alternatives: "
probes:
  a: { htp: { url: x } }
  b: {}
  c: { http: { ulr: x } }
  d: tls
  e: { tls: { address: x }, every: 5s }
",
    substitutions: "
slos:
  - name: ${env:MISSING}
    objective: ${env:NAME}
    port: ${env:EMPTY}
labels:
  a: ${file:nowhere.txt}
  b: ${NAME}
  c: ${env:NAME
  d: ${env:NA ME}
  e: x ${env:MISSING} y ${env:ALSO_MISSING}
  f: \"${http://x}\"
strict: x${env:STRICT}
level: ${env:NAME}
",
    refused_keys: "assets: { good: 30s, Bad: 30s, worse-: 30x, bad: 30x }\n",
    nothing_where_something_must_be: "{ slos: , strict: , rules: { a: , b: { kind: } }, probes: { c: } }\n",
    repeated_keys: "
level: basic
labels: { a: x, b: y, a: z }
level: normal
labels: {}
",
    odd_keys: "
labels:
  <<: { a: b }
  ? [x, y]
  : z
  : w
? level
",
    tags: "{ level: !custom basic, labels: !!str x, slos: !mine [] }\n",
    not_a_map: "- a\n- b\n",
    bad_indent: "level: basic\n  strict: true\n",
    unclosed: "labels: { a: x\nlevel: basic\n",
    tab_indent: "labels:\n\ta: x\n",
    unknown_alias: "level: *nobody\n",
    alias_inside_itself: "labels: &l { a: *l }\n",
    two_documents: "level: basic\n---\nlevel: normal\n",
    long_line: "labels: { a00000000000000000000000000000000000000: x, b000000000000000000000000000000000000000000000000: y, c: 5, d000000000000000000000000000000000000000000000000000000000000000000000000: z }\n",
    control_characters: "labels:\n  \"a\\u001b[31m\": 5\n  b: \"\\u001b[31m\"\n\"\\u0007\": x\n",
}

#[test]
fn colour_only_when_asked() {
    let problems = problems("levle: basic");
    assert!(!problems.render(false).contains('\x1b'));
    insta::assert_snapshot!(problems.render(true).replace('\x1b', "ESC"));
}

#[test]
fn problems_of_several_files_are_put_together() {
    let mut all = Problems::default();
    let read = |name: &str, text: &str| {
        Document::parse(name, text, &lookup()).and_then(|document| document.read::<Product>())
    };
    assert!(all.take(read("b.yaml", "strict: true")).is_some());
    assert!(all.take(read("b.yaml", "x: 1")).is_none());
    all.take(read("a.yaml", "{ y: 1"));
    all.take(read("b.yaml", "x: 1"));
    assert_eq!(all.len(), 2, "the same problem is told once");
    insta::assert_snapshot!(all);
}

#[test]
fn a_schema_alone_tells_wrong_forms_apart() {
    let text = "{ api_key: x, every: 30x, batch: many, page_id: p, site: 's' }";
    let document = Document::parse("bellwether.yaml", text, &lookup()).unwrap();
    let checked = document.whole().read_against(schemars::schema_for!(Vendor));
    insta::assert_snapshot!(checked.unwrap_err());
}

#[test]
fn what_the_whole_and_a_section_find_is_told_once() {
    let text = "exporters: { x: { api_key: \"${env:MISSING}\", page_id: p1 } }";
    let document = Document::parse("bellwether.yaml", text, &lookup()).unwrap();
    let mut all = document.read::<Product>().unwrap_err();
    all.take(document.section("exporters.x").unwrap().read::<Vendor>());
    assert_eq!(all.len(), 1);
    assert!(all.to_string().contains("page_id: p1"), "{all}");
}

#[test]
fn a_section_tells_its_own_problems_with_whole_paths() {
    let text = "
exporters:
  statuspage/eu: { api_key: \"${env:MISSING}\", page: p1, batch: many }
  other: { api_key: \"${env:MISSING}\" }
";
    let document = Document::parse("bellwether.yaml", text, &lookup()).unwrap();
    let section = document.section("exporters.statuspage/eu").unwrap();
    insta::assert_snapshot!(section.read::<Vendor>().unwrap_err());
}
