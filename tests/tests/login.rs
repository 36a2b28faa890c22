//! Sign-in by an identity provider: a real collector, npm's `oidc-provider`, and the steps of a browser
//! between them.

use std::time::Duration;

use anyhow::ensure;
use bellwether_tests::harness::identity::{Browser, IdentityProvider};
use bellwether_tests::harness::process::{Bellwether, Setup};
use bellwether_tests::harness::wait;
use reqwest::StatusCode;
use serde_json::{Value, json};

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// A collector where people sign in.
struct World {
    setup: Setup,
    collector: Bellwether,
    provider: IdentityProvider,
}

impl World {
    async fn start(more: &str) -> anyhow::Result<Self> {
        let setup = Setup::alone()?;
        let provider = IdentityProvider::start(setup.dashboard()).await?;
        let auth = provider.auth(setup.dashboard(), more);
        let setup = setup.with_auth(&auth)?;
        let collector = setup.start().await?;
        Ok(Self { setup, collector, provider })
    }

    fn browser(&self) -> anyhow::Result<Browser> {
        Browser::new(self.setup.dashboard())
    }

    /// Signs somebody in, in a browser of their own.
    async fn signed_in(&self, person: &str) -> anyhow::Result<Browser> {
        let mut browser = self.browser()?;
        let page = browser.sign_in(person).await?;
        ensure!(page.status == StatusCode::OK, "{person}: {} {}", page.status, page.text);
        ensure!(page.text.contains("url=/ui/operations"), "{}", page.text);
        Ok(browser)
    }

    /// Signs nobody in, and returns what the page says.
    async fn refused(&self, person: &str) -> anyhow::Result<String> {
        let mut browser = self.browser()?;
        let page = browser.sign_in(person).await?;
        ensure!(!page.status.is_success(), "{person} is let in: {}", page.text);
        ensure!(browser.cookie().is_none(), "{person} has a cookie");
        ensure!(status(&mut browser).await? == StatusCode::UNAUTHORIZED, "{person} comes in");
        Ok(page.text)
    }
}

async fn status(browser: &mut Browser) -> anyhow::Result<StatusCode> {
    Ok(browser.api("GET", "/api/v1/status", None).await?.0)
}

/// Scenario: a viewer, an operator, an admin and somebody with no role sign in. Each looks, silences
/// something and reads who did what.
/// Guarantee: each can what the role of their groups can; what they do is kept in their name; who has
/// no role is told so.
#[tokio::test]
async fn each_can_what_their_groups_can() -> anyhow::Result<()> {
    let world = World::start("").await?;
    let mut nobody = world.browser()?;
    assert_eq!(status(&mut nobody).await?, StatusCode::UNAUTHORIZED, "loopback or not");
    let (_, ways) = nobody.api("GET", "/api/v1/login", None).await?;
    assert_eq!(ways["oidc"], json!({ "name": "Example", "path": "/login/oidc" }));
    let silence = json!({ "reason": "a test", "component": "admin", "for": "1h" });
    for (person, role, acts, audit) in [
        ("vic", "viewer", StatusCode::FORBIDDEN, StatusCode::FORBIDDEN),
        ("ann", "operator", StatusCode::OK, StatusCode::FORBIDDEN),
        ("lea", "admin", StatusCode::OK, StatusCode::OK),
    ] {
        let mut browser = world.signed_in(person).await?;
        let (_, session) = browser.api("GET", "/api/v1/session", None).await?;
        assert_eq!((&session["name"], &session["role"]), (&json!(person), &json!(role)));
        assert_eq!(status(&mut browser).await?, StatusCode::OK, "{person}");
        let (acted, _) = browser.api("POST", "/api/v1/silences", Some(&silence)).await?;
        assert_eq!(acted, acts, "{person}");
        let (read, kept) = browser.api("GET", "/api/v1/audit", None).await?;
        assert_eq!(read, audit, "{person}");
        if read == StatusCode::OK {
            let by = |it: &Value| (it["by"].clone(), it["outcome"].clone());
            let kept: Vec<_> = kept["audit"].as_array().into_iter().flatten().map(by).collect();
            let row = |by: &str, outcome: &str| (json!(by), json!(outcome));
            assert_eq!(kept, [row("lea", "done"), row("ann", "done"), row("vic", "refused")]);
        }
    }
    let page = world.refused("gus").await?;
    assert!(page.contains("`gus` in `groups` has a role here"), "{page}");
    world.collector.stop().await
}

/// Scenario: the provider's tokens have another nonce, issuer or audience, are over, not yet begun, or
/// were changed on the way; a way back is followed in another browser, with another state, or twice.
/// Guarantee: nobody comes in by any of them, the page says why, and the next good sign-in works.
#[tokio::test]
async fn what_does_not_belong_to_the_sign_in_lets_nobody_in() -> anyhow::Result<()> {
    let world = World::start("").await?;
    for (twist, why) in [
        ("nonce", "it belongs to another sign-in"),
        ("issuer", "it is from `https://evil.example`"),
        ("audience", "it is for somebody else"),
        ("expired", "the clocks of the collector and of the provider may differ"),
        ("early", "the clocks of the collector and of the provider differ"),
        ("altered", "its signature is wrong"),
    ] {
        world.provider.twist(twist).await?;
        let page = world.refused("lea").await?;
        assert!(page.contains(why), "{twist}: {page}");
    }
    world.provider.twist("none").await?;
    let (mut mine, mut theirs) = (world.browser()?, world.browser()?);
    let way = mine.go("lea").await?;
    theirs.go("vic").await?;
    assert_eq!(theirs.open(&way).await?.status, StatusCode::BAD_REQUEST, "another browser");
    let mut other = world.browser()?;
    other.go("lea").await?;
    let altered = way.replace("state=", "state=0");
    assert_eq!(other.open(&altered).await?.status, StatusCode::BAD_REQUEST, "another state");
    let mut misled = world.browser()?;
    let evil = misled.go("lea").await?.replace("iss=", "iss=https%3A%2F%2Fevil.example&x=");
    assert_eq!(misled.open(&evil).await?.status, StatusCode::FORBIDDEN, "another issuer");
    assert_eq!(mine.open(&way).await?.status, StatusCode::OK);
    assert_eq!(mine.open(&way).await?.status, StatusCode::BAD_REQUEST, "it is used up");
    assert_eq!(status(&mut mine).await?, StatusCode::OK, "who is in stays in");
    world.collector.stop().await
}

/// Scenario: the provider exchanges its key again and again, by one of another kind.
/// Guarantee: each is taken with the next sign-in, without a restart, and sessions go on.
#[tokio::test]
async fn the_provider_may_exchange_its_keys() -> anyhow::Result<()> {
    let world = World::start("").await?;
    let mut first = world.signed_in("ann").await?;
    for algorithm in ["RS256", "RS512", "PS256", "ES256", "ES384", "Ed25519"] {
        world.provider.exchange_key(algorithm).await?;
        world.signed_in("ann").await?;
    }
    assert_eq!(status(&mut first).await?, StatusCode::OK);
    world.collector.stop().await
}

/// Scenario: somebody signs out; a session's time is over; the collector starts again; the provider is
/// gone.
/// Guarantee: each of the first three ends a session for good; without a provider those who are in stay
/// in, who is not is told, and the collector says in its log what is wrong.
#[tokio::test]
async fn a_session_ends() -> anyhow::Result<()> {
    let world = World::start("").await?;
    let (mut leaves, mut stays) = (world.signed_in("ann").await?, world.signed_in("ann").await?);
    let (_, session) = leaves.api("GET", "/api/v1/session", None).await?;
    let out = session["sign_out_at"].as_str().unwrap_or_default();
    assert!(out.starts_with(world.provider.issuer()), "{session}");
    let there = leaves.open(out).await?;
    assert_eq!(there.status, StatusCode::OK, "the provider knows where it leads: {}", there.text);
    let cookie = leaves.cookie().unwrap_or_default().to_owned();
    assert_eq!(leaves.api("DELETE", "/api/v1/session", None).await?.0, StatusCode::NO_CONTENT);
    assert_eq!(leaves.cookie(), None);
    let client = bellwether_tests::harness::http::client()?;
    let again = client
        .get(format!("{}/api/v1/status", world.collector.base()))
        .header("cookie", format!("bellwether_token={cookie}"));
    assert_eq!(again.send().await?.status(), StatusCode::UNAUTHORIZED, "kept or not");
    assert_eq!(status(&mut stays).await?, StatusCode::OK);

    let World { setup, collector, provider } = world;
    collector.stop().await?;
    let text = std::fs::read_to_string(setup.config())?;
    std::fs::write(
        setup.config(),
        text.replace("name: Example", "name: Example, session_for: 2s"),
    )?;
    let collector = setup.start().await?;
    let world = World { setup, collector, provider };
    assert_eq!(status(&mut stays).await?, StatusCode::UNAUTHORIZED, "a restart ends sessions");
    let mut short = world.signed_in("ann").await?;
    wait::until("the session to be over", LIMIT, async || {
        let now = status(&mut short).await?;
        ensure!(now == StatusCode::UNAUTHORIZED, "{now}");
        Ok(())
    })
    .await?;

    let World { setup, collector, provider } = world;
    provider.kill().await?;
    collector.stop().await?;
    let collector = setup.start().await?;
    let mut browser = Browser::new(setup.dashboard())?;
    let page = browser.open(&format!("{}/login/oidc", collector.base())).await?;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY);
    assert!(page.text.contains("cannot be asked now"), "{}", page.text);
    let log = collector.tail();
    assert!(log.contains("what it offers") && log.contains("refused"), "{log}");
    collector.stop().await
}
