use axum::body::Bytes;
use http_body_util::BodyExt;

use super::*;

const BUILT: &[File] = &[
    File { name: "assets/a-1.js", plain: b"script", packed: Some(b"packed") },
    File { name: "index.html", plain: b"page", packed: None },
];

fn headers(all: &[(header::HeaderName, &str)]) -> HeaderMap {
    all.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
}

fn header_of(response: &Response, name: header::HeaderName) -> &str {
    response.headers()[name].to_str().unwrap()
}

async fn body(response: Response) -> Bytes {
    response.into_body().collect().await.unwrap().to_bytes()
}

#[tokio::test]
async fn scripts_are_kept_for_ever_and_come_gzipped_to_who_takes_that() {
    let ask = |encoding| {
        let headers = headers(&[(header::ACCEPT_ENCODING, encoding)]);
        load(BUILT, "assets/a-1.js", "/assets/a-1.js", &headers)
    };
    for (encoding, expected) in
        [("gzip, br", "packed"), ("br;q=1, GZIP;q=0.5", "packed"), ("gzip;q=0", "script")]
    {
        let response = ask(encoding);
        assert_eq!(header_of(&response, header::CONTENT_TYPE), "text/javascript; charset=utf-8");
        assert!(header_of(&response, header::CACHE_CONTROL).contains("immutable"));
        let gzipped = response.headers().get(header::CONTENT_ENCODING).is_some();
        assert_eq!(gzipped, expected == "packed", "{encoding}");
        assert_eq!(body(response).await, expected, "{encoding}");
    }
}

#[tokio::test]
async fn the_page_is_asked_for_each_time_and_sent_when_it_is_another() {
    let first = show(BUILT, &HeaderMap::new());
    assert_eq!(header_of(&first, header::CACHE_CONTROL), "no-cache");
    assert!(header_of(&first, header::CONTENT_SECURITY_POLICY).contains("script-src 'self';"));
    let tag = header_of(&first, header::ETAG).to_owned();
    assert_eq!(body(first).await, "page");
    let again = show(BUILT, &headers(&[(header::IF_NONE_MATCH, &format!("\"x\", {tag}"))]));
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(body(again).await, "");
    let other = show(BUILT, &headers(&[(header::IF_NONE_MATCH, "W/\"00\"")]));
    assert_eq!(other.status(), StatusCode::OK);
}

#[test]
fn who_has_no_dashboard_is_led_to_the_page_without_script() {
    let response = show(&[], &HeaderMap::new());
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(header_of(&response, header::LOCATION), PLAIN);
}

#[test]
fn what_is_not_there_is_not_there() {
    for name in ["assets/b.js", "index.html/", "../index.html"] {
        let response = load(BUILT, name, "/x", &HeaderMap::new());
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{name}");
    }
}
