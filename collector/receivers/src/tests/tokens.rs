//! Tokens on both receivers.

use bellwether_core::settings::Endpoint;

use super::harness::{Client, Receivers, SEEN, Told};
use crate::{Admission, Auth, BearerTokenAuth, grpc, http};

fn bearing(value: Option<&str>) -> Client {
    Client { authorization: value.map(str::to_owned), ..Client::default() }
}

async fn start() -> Receivers {
    let settings = serde_json::json!({ "tokens": ["first-token", "second-token"] });
    let tokens: BearerTokenAuth = serde_json::from_value(settings).expect("settings");
    Receivers::start(Told { tokens: Some(tokens), ..Told::default() }).await
}

/// Scenario: senders with a known token, with none, with a wrong one, with half of one.
/// Guarantee: the first are served; the others get UNAUTHENTICATED or 401, which no client sends
/// again, nothing of theirs is looked at, and the token is not repeated.
#[tokio::test]
async fn only_those_with_a_token_get_in() {
    let receivers = start().await;
    for good in ["Bearer first-token", "bearer second-token"] {
        assert_eq!(receivers.send(&bearing(Some(good))).await, [Ok(()), Ok(())], "{good}");
    }
    for bad in [None, Some("Bearer wrong"), Some("Bearer first"), Some("Basic first-token")] {
        let [grpc, http] = receivers.send(&bearing(bad)).await;
        let (grpc, http) = (grpc.expect_err("no entry"), http.expect_err("no entry"));
        assert!(grpc.starts_with("Unauthenticated "), "{bad:?}: {grpc}");
        let http = http.to_lowercase();
        assert!(http.starts_with("http/1.1 401 "), "{bad:?}: {http}");
        assert!(http.contains("\r\nwww-authenticate: bearer\r\n"), "{http}");
        assert!(http.contains("\r\ncontent-type: application/x-protobuf\r\n"), "{http}");
        assert!(!http.contains("retry-after"), "{http}");
        assert!(!format!("{grpc}{http}").contains("first-token"), "{grpc} {http}");
    }
    assert_eq!(receivers.taken(), 4);
    assert_eq!(receivers.admission.in_flight(), 0);
}

/// Scenario: a service asks whether its probe arrived, with its token and without.
/// Guarantee: only with it is it told, on either port.
#[tokio::test]
async fn probes_want_a_token_too() {
    let receivers = start().await;
    for address in receivers.addresses() {
        for (line, answer) in
            [("", "HTTP/1.1 401 "), ("authorization: Bearer first-token\r\n", "HTTP/1.1 200 ")]
        {
            let ask = format!(
                "GET /v1/probe/{SEEN} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{line}\r\n"
            );
            let told = Client::default().ask(address, ask.as_bytes()).await.expect("an answer");
            assert!(told.starts_with(answer), "{told}");
        }
    }
}

/// A receiver that should know tokens and was given none is not built: it would let in everybody.
#[tokio::test]
async fn without_tokens_there_is_no_receiver() {
    let auth = || Some(Auth { authenticator: "bearertokenauth".to_owned() });
    let endpoint = || Endpoint::loopback(0);
    let config = grpc::Config { endpoint: endpoint(), auth: auth(), ..grpc::Config::default() };
    let error = grpc::build(&config, Admission::new(0)).await.expect_err("no tokens");
    assert!(error.to_string().contains("`bearertokenauth`"), "{error}");
    let config = http::Config { endpoint: endpoint(), auth: auth(), ..http::Config::default() };
    let error = http::build(&config, Admission::new(0)).await.expect_err("no tokens");
    assert!(error.to_string().contains("`bearertokenauth`"), "{error}");
}
