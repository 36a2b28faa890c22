//! The whole flow, against a provider in memory whose tokens can be made wrong.

mod provider;
mod tokens;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use serde_json::{Value, json};

use self::provider::Idp;
use crate::tests::access::{Asked, Place, asked};
use crate::tests::text;

/// A collector that signs people in, and who does.
struct World {
    place: Place,
    idp: Arc<Idp>,
}

fn settings() -> Value {
    json!({
        "issuer": provider::ISSUER,
        "client_id": "bellwether",
        "client_secret": "s3cret",
        "url": "https://bellwether.example/",
        "roles": { "admin": ["leads"], "operator": ["sre"], "viewer": ["staff"] },
    })
}

impl World {
    fn new() -> Self {
        Self::with(settings())
    }

    fn with(oidc: Value) -> Self {
        let idp = Arc::new(Idp::new());
        let config = json!({ "auth": { "oidc": oidc } });
        Self { place: Place::signing_in(config, idp.clone()), idp }
    }

    /// Presses the button, and signs in at the provider. Returns the cookie and the way back.
    async fn go(&self) -> (String, String) {
        let answer = self.place.ask(asked("GET", "/login/oidc?to=/ui/operations")).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{}", text(answer).await);
        let location = answer.headers()["location"].to_str().unwrap();
        (cookies(&answer).remove(0), self.idp.sign_in(location))
    }

    async fn come_back(&self, cookie: &str, way: &str) -> Response<Body> {
        self.place.ask(asked("GET", way).with("cookie", cookie)).await
    }

    /// Signs somebody in, whatever comes of it.
    async fn enter(&self) -> Response<Body> {
        let (cookie, way) = self.go().await;
        self.come_back(&cookie, &way).await
    }

    /// Signs somebody in and returns what their browser shows from now on.
    async fn entered(&self) -> String {
        let answer = self.enter().await;
        let status = answer.status();
        let cookie = cookies(&answer).first().cloned().unwrap_or_default();
        assert_eq!(status, StatusCode::OK, "{}", text(answer).await);
        cookie
    }

    /// Signs nobody in, and returns what the page says.
    async fn refused(&self, wanted: StatusCode) -> String {
        let answer = self.enter().await;
        let (status, set) = (answer.status(), cookies(&answer));
        let page = text(answer).await;
        assert_eq!(status, wanted, "{page}");
        assert_eq!(set, ["bellwether_login="], "nobody is signed in");
        page
    }

    async fn status(&self, request: Asked, cookie: &str) -> StatusCode {
        self.place.status(request.with("cookie", cookie)).await
    }
}

/// Returns the cookies that an answer sets, without what is said about them.
fn cookies(answer: &Response<Body>) -> Vec<String> {
    let all = answer.headers().get_all(header::SET_COOKIE).iter();
    all.map(|it| it.to_str().unwrap().split(';').next().unwrap().to_owned()).collect()
}

fn act(path: &str) -> Asked {
    let note = json!({ "text": "looking" });
    asked("POST", path).with("origin", "http://localhost:8088").json(&note)
}

/// Scenario: somebody presses the button, signs in, looks, and signs out.
/// Guarantee: the browser is sent with state, nonce and PKCE; what it keeps no script reads and no
/// other site sends; it counts until it is ended, and nothing else does.
#[tokio::test]
async fn who_signs_in_comes_in_until_they_sign_out() {
    let world = World::new();
    let begun = world.place.ask(asked("GET", "/login/oidc?to=/ui/operations")).await;
    let cookie = begun.headers()["set-cookie"].to_str().unwrap().to_owned();
    let flags = "; Path=/login/oidc; HttpOnly; SameSite=Lax; Secure; Max-Age=600";
    assert!(cookie.ends_with(flags), "{cookie}");
    let location = begun.headers()["location"].to_str().unwrap().to_owned();
    for part in [
        "https://login.example/authorize?ui=dark&response_type=code&client_id=bellwether&",
        "redirect_uri=https%3A%2F%2Fbellwether.example%2Flogin%2Foidc%2Fcallback&",
        "scope=openid%20profile%20email&state=",
        "&code_challenge_method=S256",
    ] {
        assert!(location.contains(part), "{part}: {location}");
    }
    let way = world.idp.sign_in(&location);
    let answer = world.come_back(cookie.split(';').next().unwrap(), &way).await;
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"), "{set}");
    let page = text(answer).await;
    assert!(page.contains("content=\"0;url=/ui/operations\""), "{page}");
    let session = set.split(';').next().unwrap();
    let who = world.place.ask(asked("GET", "/api/v1/session").with("cookie", session)).await;
    let who: Value = serde_json::from_str(&text(who).await).unwrap();
    assert_eq!(who["name"], "ann");
    assert_eq!(who["role"], "operator");
    let out = "https://login.example/out?client_id=bellwether&post_logout_redirect_uri=https%3A%2F%2Fbellwether.example%2F";
    assert_eq!(who["sign_out_at"], out);
    let value = session.split_once('=').unwrap().1;
    let bearer = asked("GET", "/api/v1/status").token(value);
    assert_eq!(world.place.status(bearer).await, StatusCode::UNAUTHORIZED, "it is no token");
    let leave = asked("DELETE", "/api/v1/session").with("origin", "http://localhost:8088");
    assert_eq!(world.status(leave, session).await, StatusCode::NO_CONTENT);
    let status = world.status(asked("GET", "/api/v1/status"), session).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

/// Scenario: people of several groups sign in, on a collector on loopback.
/// Guarantee: each may do what the highest role of theirs may, acts carry their name, and where
/// people sign in nobody comes in without.
#[tokio::test]
async fn roles_follow_from_a_claim() {
    let world = World::new();
    let nobody = world.place.status(asked("GET", "/api/v1/status")).await;
    assert_eq!(nobody, StatusCode::UNAUTHORIZED, "loopback is no way in any more");
    for (groups, may_act, may_audit) in [
        (json!("staff"), false, false),
        (json!(["other", "sre"]), true, false),
        (json!(["staff", "leads", 7]), true, true),
    ] {
        world.idp.say("groups", groups.clone());
        let session = world.entered().await;
        let looks = world.status(asked("GET", "/api/v1/status"), &session).await;
        assert_eq!(looks, StatusCode::OK);
        let acts = world.status(act("/api/v1/incidents/{id}/notes"), &session).await;
        assert_eq!(acts != StatusCode::FORBIDDEN, may_act, "{groups}: {acts}");
        let reads = world.status(asked("GET", "/api/v1/audit"), &session).await;
        assert_eq!(reads == StatusCode::OK, may_audit, "{groups}: {reads}");
        let foreign = act("/api/v1/incidents/{id}/notes").with("origin", "https://evil.example");
        assert_eq!(world.status(foreign, &session).await, StatusCode::FORBIDDEN);
    }
}

/// Scenario: somebody whom the provider knows has no role, the claim is not there, or is called
/// otherwise, or the name is one that others have here.
/// Guarantee: they are not let in and read what to do; claims may be nested, or in the user info.
#[tokio::test]
async fn who_has_no_role_is_told_why() {
    let world = World::new();
    world.idp.say("groups", json!(["guests"]));
    let page = world.refused(StatusCode::FORBIDDEN).await;
    assert!(page.contains("`ann` in `groups` has a role here"), "{page}");
    world.idp.unsay("groups");
    let page = world.refused(StatusCode::FORBIDDEN).await;
    assert!(page.contains("says nothing of `groups`"), "{page}");
    *world.idp.user_info.lock().unwrap() = Some(json!({ "sub": "u-1", "groups": ["staff"] }));
    world.entered().await;
    *world.idp.user_info.lock().unwrap() = Some(json!({ "sub": "u-2", "groups": ["leads"] }));
    world.refused(StatusCode::BAD_GATEWAY).await;
    world.idp.say("groups", json!(["staff"]));
    for name in ["loopback", "a\nb", &"x".repeat(201)] {
        world.idp.say("preferred_username", json!(name));
        let page = world.refused(StatusCode::FORBIDDEN).await;
        assert!(page.contains("cannot stand in the audit"), "{page}");
    }
    for (claim, value) in [
        ("https://example.com/roles", json!({ "https://example.com/roles": "sre" })),
        ("realm_access.roles", json!({ "realm_access": { "roles": ["sre"] } })),
    ] {
        let mut oidc = settings();
        oidc["role_claim"] = claim.into();
        oidc["name_claim"] = "email".into();
        let world = World::with(oidc);
        world.idp.say("email", json!("ann@example.com"));
        for (name, value) in value.as_object().unwrap() {
            world.idp.say(name, value.clone());
        }
        let session = world.entered().await;
        let who = world.place.ask(asked("GET", "/api/v1/session").with("cookie", &session)).await;
        let who: Value = serde_json::from_str(&text(who).await).unwrap();
        assert_eq!((&who["name"], &who["role"]), (&json!("ann@example.com"), &json!("operator")));
    }
}

/// Scenario: a way back that began in another browser, is used twice, comes from another provider,
/// or says no.
/// Guarantee: nobody is signed in, and without a state of ours the provider is not even asked.
#[tokio::test]
async fn a_way_back_counts_once_and_in_the_browser_where_it_began() {
    let world = World::new();
    let (mine, my_way) = world.go().await;
    let (theirs, their_way) = world.go().await;
    let before = world.idp.asked();
    for (cookie, way) in [
        ("", &*my_way),
        (&*theirs, &*my_way),
        (&*mine, &*their_way),
        (&*mine, "/login/oidc/callback"),
        (&*mine, "/login/oidc/callback?code=c&state="),
        ("bellwether_login=x", "/login/oidc/callback?code=c&state=x"),
    ] {
        let answer = world.come_back(cookie, way).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{cookie} {way}");
        assert!(text(answer).await.contains("did not begin in this browser"));
    }
    assert_eq!(world.idp.asked(), before, "the provider is asked nothing");
    let other = my_way.replace("login.example", "evil.example");
    let answer = world.come_back(&mine, &other).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{}", text(answer).await);
    let unnamed = my_way.split("&iss=").next().unwrap();
    let answer = world.come_back(&mine, unnamed).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN, "this provider says that it names itself");
    let denied = my_way.replace("code=", "error=access_denied&error_description=%3Cb%3E&x=");
    let page = text(world.come_back(&mine, &denied).await).await;
    assert!(page.contains("refused: access_denied &lt;b&gt;"), "{page}");
    let (cookie, way) = world.go().await;
    assert_eq!(world.come_back(&cookie, &way).await.status(), StatusCode::OK);
    let again = world.come_back(&cookie, &way).await;
    assert_eq!(again.status(), StatusCode::BAD_GATEWAY, "the code is used up");
}

/// Guarantee: a provider that is away, slow, or says what it should not is told of in the page,
/// without what it said, and what it offers is asked for again at the next try.
#[tokio::test(start_paused = true)]
async fn a_provider_that_is_away_is_told_of() {
    let world = World::new();
    for (path, body) in [
        (provider::DISCOVERY, None),
        (provider::DISCOVERY, Some("<html>secret</html>")),
        (
            provider::DISCOVERY,
            Some(
                r#"{"issuer":"https://evil.example","authorization_endpoint":"https://e/a","token_endpoint":"https://e/t","jwks_uri":"https://e/k"}"#,
            ),
        ),
        (
            provider::DISCOVERY,
            Some(
                r#"{"issuer":"https://login.example/","authorization_endpoint":"http://login.example/a","token_endpoint":"https://e/t","jwks_uri":"https://e/k"}"#,
            ),
        ),
    ] {
        world.idp.break_at(path, body);
        let answer = world.place.ask(asked("GET", "/login/oidc")).await;
        assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
        let page = text(answer).await;
        assert!(page.contains("cannot be asked now"), "{page}");
        assert!(!page.contains("secret") && !page.contains("evil"), "{page}");
    }
    world.idp.mend();
    world.entered().await;
    for path in ["/token", "/keys"] {
        world.idp.break_at(path, None);
        world.refused(StatusCode::BAD_GATEWAY).await;
        world.idp.break_at(path, Some("{"));
        world.refused(StatusCode::BAD_GATEWAY).await;
        world.idp.mend();
    }
    world.idp.hang("/keys");
    let begun = tokio::time::Instant::now();
    world.refused(StatusCode::BAD_GATEWAY).await;
    assert_eq!(begun.elapsed().as_secs(), 10, "nobody waits for longer");
}

/// Guarantee: a session lasts as long as the configuration says, and a browser that shows one that
/// is over is not taken for somebody who guesses.
#[tokio::test(start_paused = true)]
async fn a_session_is_over_in_time() {
    let mut oidc = settings();
    oidc["session_for"] = "30m".into();
    let world = World::with(oidc);
    let session = world.entered().await;
    let look = async || world.status(asked("GET", "/api/v1/status"), &session).await;
    tokio::time::advance(Duration::from_secs(30 * 60 - 1)).await;
    assert_eq!(look().await, StatusCode::OK);
    tokio::time::advance(Duration::from_secs(1)).await;
    for _ in 0..50 {
        assert_eq!(look().await, StatusCode::UNAUTHORIZED);
    }
}

/// Guarantee: however many come at once, the provider is asked by so many and no more.
#[tokio::test(start_paused = true)]
async fn a_crowd_is_bounded() {
    let world = World::new();
    world.idp.hang(provider::DISCOVERY);
    let mut tries = Vec::new();
    for _ in 0..40 {
        tries.push(world.place.status(asked("GET", "/login/oidc")));
    }
    let all = futures_util::future::join_all(tries).await;
    let busy = all.iter().filter(|it| **it == StatusCode::SERVICE_UNAVAILABLE).count();
    assert_eq!(busy, 40 - super::AT_ONCE);
}

#[tokio::test]
async fn the_page_learns_how_one_can_sign_in() {
    let ways = async |place: &Place| -> Value {
        let answer = place.ask(asked("GET", "/api/v1/login")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        serde_json::from_str(&text(answer).await).unwrap()
    };
    let world = World::new();
    let expected = json!({ "oidc": { "name": "login.example", "path": "/login/oidc" } });
    assert_eq!(ways(&world.place).await, expected);
    let place = Place::elsewhere();
    assert_eq!(ways(&place).await, json!({ "oidc": null }));
    for path in ["/login/oidc", "/login/oidc/callback?code=x&state=y"] {
        assert_eq!(place.status(asked("GET", path)).await, StatusCode::NOT_FOUND);
    }
}

#[test]
fn mistakes_in_the_settings_are_told() {
    let flaws = |key: &str, value: Value| {
        let mut oidc = settings();
        oidc[key] = value;
        let read: super::OidcSettings = serde_json::from_value(oidc).unwrap();
        read.flaws().into_iter().map(|(key, ..)| key).collect::<Vec<_>>()
    };
    for good in
        ["https://login.example", "http://127.0.0.1:3000/x", "http://[::1]:1", "http://localhost"]
    {
        assert_eq!(flaws("issuer", good.into()), [""; 0], "{good}");
    }
    for bad in [
        "",
        "login.example",
        "http://login.example",
        "https://a/?b",
        "https://a/#b",
        "https://u:p@a/",
        "ftp://a",
        "https:///x",
    ] {
        assert_eq!(flaws("issuer", bad.into()), ["issuer"], "{bad}");
        assert_eq!(flaws("url", bad.into()), ["url"], "{bad}");
    }
    assert_eq!(flaws("roles", json!({})), ["roles"]);
    assert_eq!(flaws("client_id", json!(" ")), ["client_id"]);
    assert_eq!(flaws("session_for", json!("31d")), ["session_for"]);
    assert_eq!(flaws("session_for", json!("0s")), ["session_for"]);
    assert_eq!(flaws("clock_skew", json!("11m")), ["clock_skew"]);
}
