//! No secret is ever shown.

use super::*;

fn vendor(text: &str) -> Result<Vendor, Problems> {
    Document::parse("bellwether.yaml", text, &lookup())?.read()
}

/// Every one of these has `s3cr3t` in it, and something wrong.
const WRONG: [&str; 21] = [
    // the secret's own line
    "{ api_key: s3cr3t, page_id: 5 }",
    "{ page_id: 5, api_key: 's3cr3t-1:2' }",
    "page_id: x\napi_key: [s3cr3t]",
    "api_key: { s: s3cr3t }",
    // refused by the type, which repeats it
    "api_key: bad-s3cr3t",
    "{ api_key: x, app_key: \"bad-s3cr3t\\nx\" }",
    // misspelt, misplaced, not known
    "{ api_kee: s3cr3t }",
    "{ frobnicate: s3cr3t, api_key: x }",
    "{ page: { api_key: s3cr3t }, api_key: x }",
    "api_key: x\npage_id: { deep: [{ api_key: s3cr3t }] }",
    // given twice, or with its file
    "api_key: s3cr3t\napi_key: s3cr3t",
    "{ api_key: s3cr3t, api_key_file: key.txt }",
    // written as something with parts
    "api_key: {s3cr3t}",
    "{ api_key: {s3cr3t: {s3cr3t: s3cr3t}}, page_id: 5 }",
    // comments
    "page_id: 5 # was s3cr3t\napi_key: x",
    // an alias of a value that may be shown elsewhere
    "{ site: &a s3cr3t, api_key: *a, page_id: 5 }",
    // not YAML at all
    "api_key: s3cr3t\n  page_id: x: y",
    "{ api_key: s3cr3t, page_id: [ }",
    "api_key: \"s3cr3t\npage_id: x",
    "api_key: s3cr3t: s3cr3t",
    // over lines
    "page_id: 5\napi_key: |\n  s3cr3t\nfoo: s3cr3t",
];

#[test]
fn problems_never_show_a_secret() {
    for text in WRONG {
        let problems = vendor(text).expect_err(text);
        let shown = format!("{}\n{problems:?}", problems.render(true));
        assert!(!shown.contains("s3cr3t"), "{text}\n{shown}");
    }
}

#[test]
fn a_file_that_is_cut_off_anywhere_shows_no_secret() {
    for text in [
        "page_id: 5\nsite: &a [x, 'y']\napi_key: \"s3cr3t-s3cr3t\"\nevery: 5\nlast: { app_key: s3cr3t }\n",
        "{ page_id: 5, api_key: s3cr3t, app_key: 's3cr3t''s3cr3t', every: [1, { a: s3cr3t }] } ]",
        "- api_key: |\n    s3cr3t\n    s3cr3t\n  app_key: >-\n   s3cr3t\n x: y",
    ] {
        for end in 0..=text.len() {
            let cut = &text[..end];
            let Err(problems) = vendor(cut) else { continue };
            let shown = format!("{}\n{problems:?}", problems.render(false));
            assert!(!shown.contains("s3cr"), "{cut}\n{shown}");
        }
    }
}

#[test]
fn a_file_of_an_exporter_that_was_not_read_yet_is_masked() {
    let text = "{ exporters: { x: { api_key: s3cr3t } }, levle: basic }";
    let shown = problems(text).render(false);
    assert!(shown.contains("{ exporters: { x: { api_key: *** } }, levle: basic }"), "{shown}");
}

#[test]
fn what_a_substitution_brought_is_never_shown() {
    for text in [
        "{ api_key: x, batch: \"${env:TOKEN}\" }",
        "{ api_key: x, every: \"${env:TOKEN}\" }",
        "{ api_key: x, every: \"a ${env:TOKEN}\" }",
        "{ api_key: x, \"${env:TOKEN}\": \"${env:TOKEN}\" }",
    ] {
        let problems = vendor(text).expect_err(text);
        let shown = format!("{}\n{problems:?}", problems.render(false));
        assert!(!shown.contains("tok-5eCr3t"), "{shown}");
        assert!(shown.contains("${env:TOKEN}"), "{shown}");
    }
}

#[test]
fn a_secret_comes_from_its_twin_file() {
    let vendor_of = |text| vendor(text).unwrap();
    assert_eq!(vendor_of("api_key_file: key.txt").api_key.0, "k3y-fr0m-file");
    let both = vendor_of("{ api_key: x, app_key_file: '${env:NOT_SET:-key.txt}' }");
    assert_eq!(both.app_key.unwrap().0, "k3y-fr0m-file");
}

#[test]
fn twins_that_do_not_work_are_reported() {
    let text = "
api_key: x
api_key_file: key.txt
app_key_file: missing.txt
";
    insta::assert_snapshot!(vendor(text).unwrap_err());
    insta::assert_snapshot!(vendor("{ api_key_file: empty.txt, app_key_file: }").unwrap_err());
    insta::assert_snapshot!(vendor("page_id: p1").unwrap_err());
    // a file whose text the type refuses and repeats
    let shown = vendor("{ page_id: p1, api_key_file: bad.txt }").unwrap_err().to_string();
    assert!(!shown.contains("from-file"), "{shown}");
}
