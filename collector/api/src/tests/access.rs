//! Who may come in, held against the table of routes.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use bellwether_core::access::Role;
use bellwether_core::act::Acts;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::memory::Memory;
use super::samples::{at, snapshot};
use super::{sources, text};
use crate::access::{Access, Door};
use crate::table::{Route, TABLE, router};
use crate::view::Snapshot;
use crate::{Api, Config, Provider, Signer, Sources, TokenFile};

/// A collector's API, with a folder for its tokens.
pub(crate) struct Place {
    router: Router,
    pub(crate) tokens: TokenFile,
    folder: TempDir,
    _hand: watch::Sender<Arc<Snapshot>>,
}

impl Place {
    pub(crate) fn new(config: Value) -> Self {
        Self::over(config, Memory::with_history())
    }

    /// Listens elsewhere, so that everybody has to show a token.
    pub(crate) fn elsewhere() -> Self {
        Self::new(json!({ "endpoint": "0.0.0.0:0" }))
    }

    pub(crate) fn over(config: Value, store: Memory) -> Self {
        Self::built(config, store, |_| {})
    }

    /// Takes links of this signer.
    pub(crate) fn linked(config: Value, store: Memory, signer: &Signer) -> Self {
        Self::built(config, store, |sources| sources.links = signer.clone())
    }

    /// Signs people in by this provider.
    pub(crate) fn signing_in(config: Value, provider: Arc<dyn Provider>) -> Self {
        Self::built(config, Memory::with_history(), |it| it.provider = Some(provider))
    }

    /// Somebody does what people decide.
    pub(crate) fn operated(config: Value, acts: Arc<dyn Acts>) -> Self {
        Self::built(config, Memory::with_history(), |sources| sources.acts = acts)
    }

    fn built(config: Value, store: Memory, change: impl FnOnce(&mut Sources)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tokens = TokenFile::in_folder(folder.path());
        let (hand, snapshots) = watch::channel(Arc::new(snapshot()));
        let mut sources = Sources { tokens: tokens.clone(), ..sources(snapshots, store) };
        change(&mut sources);
        let config: Config = serde_json::from_value(config).unwrap();
        let router = {
            let api = Api::new(sources);
            let door = Door::new(&config, tokens.clone(), api.provider(), CancellationToken::new());
            router(api, door)
        };
        Self { router, tokens, folder, _hand: hand }
    }

    pub(crate) fn token(&self, role: Role) -> String {
        let made = self.tokens.create(&format!("a-{role}"), role, at(0)).unwrap();
        made.secret.expose().to_owned()
    }

    pub(crate) async fn ask(&self, request: Asked) -> Response<Body> {
        let Asked { method, path, headers, body } = request;
        let mut request = Request::builder().method(method).uri(path);
        *request.headers_mut().unwrap() = headers;
        self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap()
    }

    pub(crate) async fn status(&self, request: Asked) -> StatusCode {
        self.ask(request).await.status()
    }
}

/// A request that is to be sent.
#[derive(Clone)]
pub(crate) struct Asked {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: String,
}

pub(crate) fn asked(method: &str, path: &str) -> Asked {
    let headers = HeaderMap::from_iter([(header::HOST, "localhost:8088".parse().unwrap())]);
    let (method, path) = (method.parse().unwrap(), path.replace("{id}", "inc-2"));
    Asked { method, path, headers, body: String::new() }
}

impl Asked {
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        Self { body: body.to_string(), ..self.with("content-type", "application/json") }
    }
}

/// Status, headers and body: all that there is to learn from an answer.
async fn learnt(response: Response<Body>) -> String {
    let (parts, body) = response.into_parts();
    let (status, headers) = (parts.status, parts.headers);
    format!("{status} {headers:?}\n{}", text(Response::new(body)).await)
}

/// Guarantee: every route, with the role that it takes, is written down, here and in the
/// documentation.
#[test]
fn every_route_is_written_down_with_its_role() {
    let rows = TABLE.iter().map(|it| {
        let act = if it.act { " (act)" } else { "" };
        format!("{:<6} {} {}{act}\n", it.verb.as_str(), it.path, it.access.as_str())
    });
    insta::assert_snapshot!(rows.collect::<String>());
    let page = include_str!("../../../../docs/api.md");
    for row in TABLE {
        let begin = format!("| `{} {}", row.verb.as_str(), row.path);
        let lines: Vec<&str> = page
            .lines()
            .filter(|it| {
                it.strip_prefix(&begin)
                    .is_some_and(|rest| rest.starts_with('`') || rest.starts_with('?'))
            })
            .collect();
        assert_eq!(lines.len(), 1, "docs/api.md has a row that begins with {begin}");
        let role = format!("| {} |", row.access.as_str());
        assert!(lines[0].contains(&role), "{} does not say {role}", lines[0]);
    }
}

/// Scenario: somebody without a token, or with a wrong one, tries every route there is and some
/// that there are not.
/// Guarantee: the answers are the same to the last byte, and those that are for anyone tell
/// nothing but whether the collector is alive and ready.
#[tokio::test]
async fn who_shows_no_token_learns_nothing() {
    let place = Place::elsewhere();
    let real = place.token(Role::Admin);
    let first = learnt(place.ask(asked("GET", "/api/v1/status")).await).await;
    assert!(first.starts_with("401 Unauthorized"), "{first}");
    let mut tried =
        vec![asked("GET", "/nowhere"), asked("PUT", "/api/v1/status"), asked("GET", "/x/")];
    let closed = TABLE.iter().filter(|it| matches!(it.access, Access::Role(_)));
    tried.extend(closed.map(|it| asked(it.verb.as_str(), it.path)));
    for request in tried {
        let name = format!("{} {}", request.method, request.path);
        assert_eq!(learnt(place.ask(request.clone()).await).await, first, "{name}");
        let evil = request.clone().with("origin", "https://evil.example");
        assert_eq!(learnt(place.ask(evil).await).await, first, "{name} from a page");
    }
    for wrong in
        ["", "x", "Bearer", &real[..real.len() - 1], &format!("{real}0"), &real.to_uppercase()]
    {
        let request = asked("GET", "/api/v1/status").token(wrong);
        assert_eq!(learnt(place.ask(request).await).await, first, "{wrong}");
    }
    let basic = asked("GET", "/api/v1/status").with("authorization", &format!("Basic {real}"));
    assert_eq!(learnt(place.ask(basic).await).await, first);
    assert_eq!(text(place.ask(asked("GET", "/readyz")).await).await, r#"{"ready":true}"#);
    assert_eq!(text(place.ask(asked("GET", "/livez")).await).await, r#"{"alive":true}"#);
}

/// Scenario: tokens of each role try every route.
/// Guarantee: each comes in where the table says so, and nowhere else.
#[tokio::test]
async fn a_role_reaches_what_the_table_says_and_no_more() {
    let place = Place::elsewhere();
    for role in Role::ALL {
        let token = place.token(*role);
        for row in TABLE.iter() {
            let may = match row.access {
                Access::Anyone => true,
                Access::Role(wanted) => *role >= wanted,
                // no token takes the place of a link or a signature, as their own tests show
                Access::Link(_) | Access::Pagerduty => continue,
            };
            let status = place.status(asked(row.verb.as_str(), row.path).token(&token)).await;
            let name = format!("{role} {} {}", row.verb.as_str(), row.path);
            assert_eq!(status != StatusCode::FORBIDDEN, may, "{name}: {status}");
            assert_ne!(status, StatusCode::UNAUTHORIZED, "{name}");
        }
    }
}

/// Scenario: the collector listens on loopback; a page whose name was made to lead there asks
/// it, and a proxy on the same machine does for somebody else.
/// Guarantee: only who writes a name of this machine comes in without a token.
#[tokio::test]
async fn without_a_token_only_this_machine_comes_in() {
    let place = Place::new(json!({}));
    let status = async |host: &str, name: &'static str, value: &str| {
        let request = asked("GET", "/api/v1/status").with("host", host).with(name, value);
        place.status(request).await
    };
    for host in ["localhost:8088", "127.0.0.1:8088", "[::1]:8088"] {
        assert_eq!(status(host, "accept", "*/*").await, StatusCode::OK, "{host}");
    }
    for host in ["evil.example", "bellwether.example:8088"] {
        assert_eq!(status(host, "accept", "*/*").await, StatusCode::UNAUTHORIZED, "{host}");
    }
    let proxied = status("localhost", "x-forwarded-for", "192.0.2.1").await;
    assert_eq!(proxied, StatusCode::UNAUTHORIZED);
    let token = place.token(Role::Viewer);
    let request = asked("GET", "/api/v1/status").with("host", "evil.example").token(&token);
    assert_eq!(place.status(request).await, StatusCode::OK, "a token is as good from anywhere");
}

#[tokio::test]
async fn this_machine_may_be_given_less() {
    let place = Place::new(json!({ "auth": { "without_token": "viewer" } }));
    assert_eq!(place.status(asked("GET", "/api/v1/status")).await, StatusCode::OK);
    assert_eq!(place.status(asked("GET", "/api/v1/audit")).await, StatusCode::FORBIDDEN);
    let place = Place::new(json!({ "auth": { "without_token": "nobody" } }));
    assert_eq!(place.status(asked("GET", "/api/v1/status")).await, StatusCode::UNAUTHORIZED);
}

/// Scenario: a page of another origin, open in an operator's browser, sends what would change
/// something, with the operator's cookie or from the operator's own machine.
/// Guarantee: it is refused, whatever the browser says of where it comes from.
#[tokio::test]
async fn a_page_of_another_origin_can_do_nothing() {
    let place = Place::new(json!({ "auth": { "allowed_origins": ["https://ops.example"] } }));
    let token = place.token(Role::Admin);
    let by_role = |it: &&Route| !matches!(it.access, Access::Link(_) | Access::Pagerduty);
    for row in TABLE.iter().filter(|it| it.verb.as_str() != "GET").filter(by_role) {
        let request = asked(row.verb.as_str(), row.path);
        for request in
            [request.clone(), request.clone().with("cookie", &format!("bellwether_token={token}"))]
        {
            for (name, value) in [
                ("origin", "https://evil.example"),
                ("origin", "http://localhost:3000"),
                ("origin", "null"),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
            ] {
                let answer = place.ask(request.clone().with(name, value)).await;
                assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{} {value}", row.path);
                assert!(text(answer).await.contains("foreign_origin"));
            }
        }
        for origin in ["http://localhost:8088", "https://ops.example"] {
            let status = place.status(request.clone().with("origin", origin)).await;
            assert_ne!(status, StatusCode::FORBIDDEN, "{} {origin}", row.path);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn wrong_tokens_are_slowed_down_and_good_ones_are_not() {
    let place = Place::elsewhere();
    let good = place.token(Role::Viewer);
    let wrong = || asked("GET", "/api/v1/status").token("bellwether_0");
    for _ in 0..10 {
        assert_eq!(place.status(wrong()).await, StatusCode::UNAUTHORIZED);
    }
    let slowed = place.ask(wrong()).await;
    assert_eq!(slowed.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(slowed.headers()["retry-after"], "6");
    let login = asked("POST", "/api/v1/session").json(&json!({ "token": "bellwether_0" }));
    assert_eq!(place.status(login).await, StatusCode::TOO_MANY_REQUESTS, "wherever it is shown");
    let request = asked("GET", "/api/v1/status").token(&good);
    assert_eq!(place.status(request).await, StatusCode::OK, "nobody is locked out by others");
    tokio::time::advance(Duration::from_secs(6)).await;
    assert_eq!(place.status(wrong()).await, StatusCode::UNAUTHORIZED);
}

/// Scenario: somebody signs in on a page, works, and signs out.
/// Guarantee: the token is in a cookie that no script reads and no other site sends, and what
/// changes something takes a page of our own.
#[tokio::test]
async fn a_browser_keeps_its_token_where_no_script_reads_it() {
    let place = Place::elsewhere();
    let token = place.token(Role::Operator);
    let login = asked("POST", "/api/v1/session")
        .with("origin", "https://localhost:8088")
        .json(&json!({ "token": token }));
    let answer = place.ask(login).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    let flags = "; Path=/; HttpOnly; SameSite=Strict; Secure";
    assert_eq!(cookie, format!("bellwether_token={token}{flags}"));
    let kept = cookie.split(';').next().unwrap();
    let who = asked("GET", "/api/v1/session").with("cookie", &format!("theme=dark; {kept}"));
    let who: Value = serde_json::from_str(&text(place.ask(who).await).await).unwrap();
    assert_eq!(who, json!({ "name": "a-operator", "role": "operator" }));
    let silent = asked("DELETE", "/api/v1/session").with("cookie", kept);
    assert_eq!(place.status(silent.clone()).await, StatusCode::FORBIDDEN, "a browser names a page");
    let end = place.ask(silent.with("origin", "https://localhost:8088")).await;
    assert_eq!(end.status(), StatusCode::NO_CONTENT);
    assert!(end.headers()["set-cookie"].to_str().unwrap().ends_with("; Max-Age=0"));
}

#[tokio::test]
async fn a_token_counts_from_its_making_to_its_end() {
    let place = Place::elsewhere();
    let (kept, gone) = (place.token(Role::Viewer), place.token(Role::Admin));
    let status =
        async |token: &str| place.status(asked("GET", "/api/v1/status").token(token)).await;
    assert_eq!(status(&kept).await, StatusCode::OK);
    assert_eq!(status(&gone).await, StatusCode::OK);
    let id = place.tokens.list().unwrap().into_iter().find(|it| it.role == Role::Admin).unwrap().id;
    place.tokens.revoke(&id).unwrap();
    assert_eq!(status(&gone).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&kept).await, StatusCode::OK);
    std::fs::write(place.folder.path().join("tokens.json"), "{").unwrap();
    assert_eq!(status(&kept).await, StatusCode::UNAUTHORIZED, "what cannot be read lets nobody in");
}

/// Scenario: somebody reads the file of tokens, or a copy of it.
/// Guarantee: no token is in it, and only the collector's own user can read it.
#[tokio::test]
async fn a_token_cannot_be_read_back() {
    let place = Place::elsewhere();
    let token = place.token(Role::Admin);
    let file = place.folder.path().join("tokens.json");
    let written = std::fs::read_to_string(&file).unwrap();
    let secret = token.strip_prefix("bellwether_").unwrap();
    assert!(!written.contains(secret) && !written.contains(&secret[..8]), "{written}");
    let kept: Value = serde_json::from_str(&written).unwrap();
    let hash = kept["tokens"][0]["sha256"].as_str().unwrap();
    let by_hash = asked("GET", "/api/v1/status").token(hash);
    assert_eq!(place.status(by_hash).await, StatusCode::UNAUTHORIZED, "the hash is no token");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let other = place.token(Role::Admin);
    assert_ne!(token, other);
    assert!(!format!("{:?}", place.tokens.list().unwrap()).contains(secret));
}
