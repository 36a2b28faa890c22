//! The checks that ask over HTTP, against real sockets: good answers, wrong ones, slow ones and none.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bellwether::checks::{Check, CheckResult, clock, cors, http, oidc, tcp, tenant_isolation};
use bellwether::startup::{CHECK_BUDGET, CheckOutcome, OnFailure::Degrade, Startup};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A server that answers each request, given as text, with what a function says; dropped, it is gone.
struct Server {
    base: String,
    /// Whether connections stay open after the answer.
    open: Arc<AtomicBool>,
    _tasks: JoinSet<()>,
}

impl Server {
    async fn start(answer: impl Fn(&str, &str) -> String + Send + 'static) -> Self {
        Self::slow(Duration::ZERO, answer).await
    }

    async fn slow(after: Duration, answer: impl Fn(&str, &str) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let mut tasks = JoinSet::new();
        let (own, open) = (base.clone(), Arc::new(AtomicBool::new(false)));
        let stays = Arc::clone(&open);
        tasks.spawn(async move {
            let mut opened = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                    let mut part = [0; 1024];
                    match stream.read(&mut part).await {
                        Ok(0) | Err(_) => break,
                        Ok(read) => request.extend_from_slice(&part[..read]),
                    }
                }
                tokio::time::sleep(after).await;
                let text = answer(&String::from_utf8_lossy(&request), &own);
                // The client may have gone away.
                let _ = stream.write_all(text.as_bytes()).await;
                if stays.load(Ordering::Relaxed) {
                    opened.push(stream);
                }
            }
        });
        Self { base, open, _tasks: tasks }
    }

    fn keep_open(self) -> Self {
        self.open.store(true, Ordering::Relaxed);
        self
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

fn reply(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

async fn message(check: impl Check) -> String {
    check.run().await.unwrap_err().message().to_owned()
}

async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test]
async fn an_endpoint_that_answers_as_expected_passes() {
    let server = Server::start(|request, _| {
        let known = request.contains("x-key: s3cret") && request.starts_with("POST /health?a=b ");
        let status = if known { "200 OK" } else { "401 Unauthorized" };
        reply(status, "Content-Type: application/json; charset=utf-8\r\n", r#"{"status":"ok"}"#)
    })
    .await;
    let check = http(server.at("/health?a=b"))
        .method("POST")
        .header("x-key", "s3cret")
        .expect_status(200)
        .expect_header("content-type", "Application/JSON")
        .expect_body(r#""status":"ok""#);
    assert_eq!(check.run().await, Ok(()));
}

#[tokio::test]
async fn wrong_answers_say_what_was_expected_and_no_secret() {
    let server = Server::start(|_, _| reply("503 Service Unavailable", "x-a: b\r\n", "down")).await;
    let url = server.at("/health?token=s3cret").replace("http://", "http://user:s3cret@");
    let place = format!("GET {}/health", server.base);
    assert_eq!(
        message(http(&url)).await,
        format!("{place}: answered 503 Service Unavailable instead of 2xx")
    );
    let check = http(&url).expect_status(503);
    assert_eq!(
        message(check.clone().expect_header("x-a", "c")).await,
        format!("{place}: the header x-a is `b` instead of `c`")
    );
    assert_eq!(
        message(check.clone().expect_header("x-b", "c")).await,
        format!("{place}: the header x-b is not there instead of `c`")
    );
    assert_eq!(
        message(check.expect_body("up")).await,
        format!("{place}: the answer does not contain `up`")
    );
    assert_eq!(message(http("s3cret://x")).await, "the URL cannot be read");
    assert_eq!(message(http(&url).method("GE T")).await, "the method cannot be sent");
}

#[tokio::test]
async fn redirects_are_followed_only_when_allowed_and_carry_no_credentials_elsewhere() {
    let other = Server::start(|request, _| {
        let leaked = request.to_ascii_lowercase().contains("authorization");
        reply(if leaked { "500 Leaked" } else { "200 OK" }, "", "elsewhere")
    })
    .await;
    let elsewhere = other.at("/");
    let server = Server::start(move |request, _| match request.split(' ').nth(1) {
        Some("/one") => reply("302 Found", "Location: /two\r\n", ""),
        Some("/two") if request.contains("authorization: key") => {
            reply("307 Temporary Redirect", &format!("Location: {elsewhere}\r\n"), "")
        }
        _ => reply("404 Not Found", "", ""),
    })
    .await;
    let check = http(server.at("/one")).header("authorization", "key");
    assert!(
        message(check.clone()).await.ends_with("answered 302 Found instead of 2xx; it redirects")
    );
    assert!(message(check.clone().follow_redirects(1)).await.contains("307"));
    assert_eq!(check.follow_redirects(2).expect_body("elsewhere").run().await, Ok(()));
}

#[tokio::test]
async fn refused_closed_and_strange_connections_are_told_apart() {
    let port = free_port().await;
    let refused = http(format!("http://127.0.0.1:{port}/x")).run().await.unwrap_err();
    assert_eq!(
        refused.message(),
        format!("GET http://127.0.0.1:{port}/x: Connection refused (os error 111)")
    );
    let nowhere = message(http("http://no-such-host.invalid/")).await;
    assert!(nowhere.contains("lookup"), "{nowhere}");

    let closes = Server::start(|_, _| String::new()).await;
    let closed = message(http(closes.at("/"))).await;
    assert!(closed.starts_with(&format!("GET {}/: ", closes.base)), "{closed}");
    let strange = Server::start(|_, _| "SSH-2.0-OpenSSH_9.2\r\n\r\n".to_owned()).await;
    let strange = message(http(strange.at("/"))).await;
    assert!(strange.contains("invalid HTTP"), "{strange}");
}

/// Runs one check under a paused clock, and tells how it ended and how long it took.
async fn on_a_paused_clock(
    check: impl Check,
    timeout: Option<Duration>,
) -> (CheckOutcome, Duration) {
    let telemetry = bellwether::Telemetry::disabled();
    let startup = Startup::new(&telemetry).in_tasks().check("asks", "api", Degrade, check);
    let startup = if let Some(timeout) = timeout { startup.timeout(timeout) } else { startup };
    let report = startup.run().await;
    let check = &report.checks()[0];
    (check.outcome(), check.took())
}

/// Asks the same of every check that asks over HTTP, under a paused clock.
async fn of_every_check(url: &str, timeout: Option<Duration>) -> Vec<(CheckOutcome, Duration)> {
    vec![
        on_a_paused_clock(http(url), timeout).await,
        on_a_paused_clock(oidc(url), timeout).await,
        on_a_paused_clock(cors(url, "https://app").refuses("https://evil"), timeout).await,
        on_a_paused_clock(tenant_isolation(url), timeout).await,
        on_a_paused_clock(clock(url), timeout).await,
    ]
}

/// Scenario: a server takes the connection and never answers; another stops in the middle of its answer.
/// Guarantee: each check that asks over HTTP times out: in its own time where it has one, else when the budget of all
/// checks is used up.
#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_is_waited_for_no_longer_than_allowed() {
    // Its backlog takes the connections.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = (format!("http://{}", silent.local_addr().unwrap()), silent);
    let stops = Server::start(|_, _| "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_owned())
        .await
        .keep_open();
    let own = Duration::from_secs(3);
    for url in [&silent.0, &stops.base] {
        for (timeout, most) in [(Some(own), own), (None, CHECK_BUDGET)] {
            for (outcome, took) in of_every_check(url, timeout).await {
                assert_eq!(outcome, CheckOutcome::TimedOut, "{url} {timeout:?}");
                assert!(took <= most, "{url} {timeout:?}: {took:?}");
            }
        }
    }
}

/// Scenario: a server answers rightly, each time after two seconds.
/// Guarantee: every check passes, also one that has to ask twice.
#[tokio::test(start_paused = true)]
async fn a_slow_server_passes() {
    let server = Server::slow(Duration::from_secs(2), |request, base| {
        let date = format!("Date: {}\r\n", httpdate::fmt_http_date(opentelemetry::time::now()));
        match request.split(' ').nth(1) {
            Some("/foreign") => reply("403 Forbidden", "", ""),
            Some("/users") if request.contains("origin: https://app") => {
                reply("204 No Content", "Access-Control-Allow-Origin: https://app\r\n", "")
            }
            Some("/keys") => reply("200 OK", "", r#"{"keys":[{"kty":"RSA","n":"a","e":"AQAB"}]}"#),
            Some("/.well-known/openid-configuration") => {
                reply("200 OK", "", &format!(r#"{{"issuer":"{base}","jwks_uri":"{base}/keys"}}"#))
            }
            _ => reply("200 OK", &date, ""),
        }
    })
    .await;
    let page = cors(server.at("/users"), "https://app").refuses("https://evil");
    let tenant = tenant_isolation(server.at("/foreign")).own(server.at("/own"));
    for (ended, seconds) in [
        (on_a_paused_clock(http(server.at("/")), None).await, 2),
        (on_a_paused_clock(oidc(&server.base), None).await, 4),
        (on_a_paused_clock(page, None).await, 4),
        (on_a_paused_clock(tenant, None).await, 4),
        (on_a_paused_clock(clock(server.at("/")), None).await, 2),
    ] {
        assert_eq!(ended.0, CheckOutcome::Passed);
        assert_eq!(ended.1.as_secs(), seconds);
    }
}

#[tokio::test]
async fn a_server_that_is_gone_or_breaks_off_fails_every_check() {
    let port = free_port().await;
    let gone = format!("http://127.0.0.1:{port}");
    let breaks =
        Server::start(|_, _| "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_owned()).await;
    for (url, said) in [(gone.as_str(), "Connection refused"), (&breaks.base, "broke off")] {
        for told in [
            message(http(url)).await,
            message(oidc(url)).await,
            message(cors(url, "https://app")).await,
            message(tenant_isolation(url)).await,
            message(clock(url)).await,
        ] {
            assert!(told.contains(said), "{told}");
        }
    }
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let endless = Server::start(|_, _| reply("200 OK", "", &"x".repeat(2 << 20))).await;
    let told = message(http(endless.at("/"))).await;
    assert!(told.contains("the answer broke off: length limit exceeded"), "{told}");
}

/// Scenario: the queue of a listener is full, so that nobody opens a connection any more; then there is room again.
/// Guarantee: the check of the port times out, and then passes.
#[tokio::test(start_paused = true)]
async fn a_port_that_lets_nobody_in_times_out() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = socket.listen(0).unwrap();
    let address = full.local_addr().unwrap();
    let _waits = tokio::net::TcpStream::connect(address).await.unwrap();
    let own = Duration::from_secs(3);
    let ended = on_a_paused_clock(tcp(address.to_string()), Some(own)).await;
    assert_eq!(ended, (CheckOutcome::TimedOut, own));
    let (outcome, took) = on_a_paused_clock(tcp(address.to_string()), None).await;
    assert_eq!(outcome, CheckOutcome::TimedOut);
    assert!(took <= CHECK_BUDGET, "{took:?}");
    full.accept().await.unwrap();
    assert_eq!(tcp(address.to_string()).run().await, Ok(()));
}

#[tokio::test]
async fn a_port_takes_connections_or_says_why_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    assert_eq!(tcp(&address).run().await, Ok(()));
    drop(listener);
    assert_eq!(
        message(tcp(&address)).await,
        format!("{address}: Connection refused (os error 111)")
    );
    assert_eq!(message(tcp("db")).await, "`db` is not a host and a port");
}

fn provider(keys: &'static str, issuer: &'static str) -> impl Fn(&str, &str) -> String {
    move |request, base| match request.split(' ').nth(1) {
        Some("/realm/.well-known/openid-configuration") => {
            let issuer = issuer.replace("BASE", base);
            reply("200 OK", "", &format!(r#"{{"issuer":"{issuer}","jwks_uri":"{base}/keys"}}"#))
        }
        Some("/keys") => reply("200 OK", "", keys),
        _ => reply("404 Not Found", "", ""),
    }
}

#[tokio::test]
async fn a_provider_needs_its_own_name_and_a_key() {
    const KEYS: &str = r#"{"keys":[{"kty":"oct","k":"x"},{"kty":"RSA","n":"a","e":"AQAB"}]}"#;
    let good = Server::start(provider(KEYS, "BASE/realm")).await;
    assert_eq!(oidc(good.at("/realm")).run().await, Ok(()));
    let slash = oidc(good.at("/realm/")).run().await.unwrap_err();
    let discovery = format!("GET {}/realm/.well-known/openid-configuration", good.base);
    assert_eq!(
        slash.message(),
        format!("{discovery}: the issuer is `{0}/realm` instead of `{0}/realm/`", good.base)
    );
    assert!(
        message(oidc(good.at("/other"))).await.ends_with("answered 404 Not Found instead of 2xx")
    );

    let no_keys =
        Server::start(provider(r#"{"keys":[{"kty":"oct","k":"x"}]}"#, "BASE/realm")).await;
    assert_eq!(
        message(oidc(no_keys.at("/realm"))).await,
        format!("GET {}/keys: none of 1 keys can verify a signature", no_keys.base)
    );
    let strange = Server::start(|_, _| reply("200 OK", "", "<html>")).await;
    assert!(message(oidc(strange.at("/realm"))).await.ends_with("the answer is not JSON"));
}

#[tokio::test]
async fn a_preflight_tells_what_a_browser_would_refuse() {
    fn api(headers: &'static str) -> impl Fn(&str, &str) -> String {
        move |request, _| {
            let asked = request.starts_with("OPTIONS ") && request.contains("origin: https://app");
            reply("204 No Content", if asked { headers } else { "" }, "")
        }
    }
    const GOOD: &str = "Access-Control-Allow-Origin: https://app\r\nAccess-Control-Allow-Methods: GET, PUT\r\n\
                        Access-Control-Allow-Headers: Authorization\r\nAccess-Control-Allow-Credentials: true\r\n";
    let page = |server: &Server| {
        cors(server.at("/users"), "https://app").method("PUT").header("authorization").credentials()
    };
    let good = Server::start(api(GOOD)).await;
    assert_eq!(page(&good).refuses("https://evil").run().await, Ok(()));
    let place = format!("OPTIONS {}/users: ", good.base);
    let failed = |text: String| text.strip_prefix(&place).unwrap_or(&text).to_owned();
    assert_eq!(
        failed(message(page(&good).method("DELETE")).await),
        "allows `GET, PUT` instead of the method DELETE"
    );
    assert_eq!(
        failed(message(page(&good).header("x-tenant")).await),
        "allows `Authorization` instead of the header x-tenant"
    );
    let open = Server::start(|_, _| {
        reply("200 OK", "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Headers: *\r\n", "")
    })
    .await;
    let plain = cors(open.at("/users"), "https://app").header("x-tenant");
    assert_eq!(plain.run().await, Ok(()));
    assert!(message(page(&open)).await.ends_with("allows `*` instead of the origin https://app"));
    let needs_name = plain.clone().header("authorization");
    assert!(message(needs_name).await.ends_with("instead of the header authorization"));
    let too_open = plain.refuses("https://evil").run().await.unwrap_err();
    assert!(too_open.message().ends_with("lets pages of https://evil call as well"));
    let none = Server::start(|_, _| reply("405 Method Not Allowed", "", "")).await;
    assert!(
        message(page(&none)).await.ends_with("answered the preflight with 405 Method Not Allowed")
    );
}

#[tokio::test]
async fn another_tenants_object_must_be_refused() {
    fn answers(own: &'static str, foreign: &'static str) -> impl Fn(&str, &str) -> String {
        move |request, _| {
            reply(if request.starts_with("GET /acme") { own } else { foreign }, "", "orders")
        }
    }
    async fn ask(own: &'static str, foreign: &'static str) -> CheckResult {
        let server = Server::start(answers(own, foreign)).await;
        let check = tenant_isolation(server.at("/zebra")).header("authorization", "Bearer s3cret");
        check.own(server.at("/acme")).run().await
    }
    for refusal in ["401 Unauthorized", "403 Forbidden", "404 Not Found"] {
        assert_eq!(ask("200 OK", refusal).await, Ok(()));
    }
    for leak in ["200 OK", "204 No Content", "302 Found", "500 Internal Server Error"] {
        let error = ask("200 OK", leak).await.unwrap_err();
        assert!(error.message().contains("to another tenant instead of a refusal"), "{error}");
    }
    let expired = ask("401 Unauthorized", "401 Unauthorized").await.unwrap_err();
    assert!(expired.message().starts_with("isolation could not be shown: "), "{expired}");

    let port = free_port().await;
    let gone = message(tenant_isolation(format!("http://127.0.0.1:{port}/zebra"))).await;
    assert!(gone.starts_with("isolation could not be shown: GET http://127.0.0.1:"), "{gone}");
}

#[tokio::test]
async fn a_clock_that_is_off_is_told() {
    let now = opentelemetry::time::now();
    let dated = |date: std::time::SystemTime| {
        let header = format!("Date: {}\r\n", httpdate::fmt_http_date(date));
        Server::start(move |_, _| reply("200 OK", &header, ""))
    };
    let right = dated(now).await;
    assert_eq!(clock(right.at("/")).run().await, Ok(()));
    let hour = Duration::from_secs(3_600);
    let behind = dated(now + hour).await;
    let error = message(clock(behind.at("/"))).await;
    assert!(
        error.contains("the clock of this machine is 3") && error.ends_with("behind the server's"),
        "{error}"
    );
    let ahead = dated(now - hour).await;
    assert!(message(clock(ahead.at("/"))).await.ends_with("s ahead of the server's"));
    assert_eq!(clock(ahead.at("/")).within(2 * hour).run().await, Ok(()));
    let none = Server::start(|_, _| reply("200 OK", "", "")).await;
    assert!(message(clock(none.at("/"))).await.ends_with("the answer has no Date header"));
}
