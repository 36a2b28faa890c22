//! The `tls` check, and https of the others, against a real TLS listener with certificates of our own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bellwether::checks::{Check, CheckResult, tls};
use bellwether::startup::{CHECK_BUDGET, CheckOutcome, OnFailure::Degrade, Startup};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

const DAY: Duration = Duration::from_secs(86_400);

/// An authority and a server that shows what it signed.
struct World {
    authority: CertifiedIssuer<'static, KeyPair>,
    /// How long a server waits before it shakes hands.
    pause: Duration,
    tasks: JoinSet<()>,
}

impl World {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "our authority");
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { authority, pause: Duration::ZERO, tasks: JoinSet::new() }
    }

    fn pem(&self) -> String {
        self.authority.pem()
    }

    /// Serves a certificate for a name that is valid in these days from now, and returns the address.
    async fn serve(&mut self, name: &str, from: i64, to: i64) -> String {
        let now = opentelemetry::time::now().duration_since(UNIX_EPOCH).unwrap();
        let at = |days: i64| {
            let day = i64::try_from(DAY.as_secs()).unwrap();
            let seconds = i64::try_from(now.as_secs()).unwrap() + days * day + 60;
            rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(u64::try_from(seconds).unwrap())
        };
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (at(from), at(to));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.authority).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let pause = self.pause;
        self.tasks.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::time::sleep(pause).await;
                // Fails when the client does not like the certificate, which is what is tested.
                let _ = acceptor.accept(stream).await;
            }
        });
        address
    }

    async fn ask(&self, address: &str, name: &str) -> CheckResult {
        tls(address).server_name(name).trust_pem(self.pem()).run().await
    }
}

#[tokio::test]
async fn a_certificate_that_stays_valid_passes() {
    let mut world = World::new();
    let address = world.serve("api.example", -1, 90).await;
    assert_eq!(world.ask(&address, "api.example").await, Ok(()));
    let long = tls(&address).server_name("api.example").trust_pem(world.pem()).valid_for(91 * DAY);
    let error = long.run().await.unwrap_err();
    assert!(error.message().contains("the certificate will expire on 20"), "{error}");
    assert!(error.message().ends_with(", in 90 days"), "{error}");
}

#[tokio::test]
async fn an_address_can_be_what_a_certificate_is_for() {
    let mut world = World::new();
    let address = world.serve("127.0.0.1", -1, 90).await;
    assert_eq!(tls(&address).trust_pem(world.pem()).run().await, Ok(()));
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_told() {
    let mut world = World::new();
    for (name, from, to, said) in [
        ("api.example", -9, -2, "the certificate expired on 20"),
        ("api.example", -9, 5, "the certificate will expire on 20"),
        ("api.example", 2, 90, "the certificate is valid only from 20"),
        ("other.example", -1, 90, "the certificate is not for api.example; it is for "),
    ] {
        let address = world.serve(name, from, to).await;
        let error = world.ask(&address, "api.example").await.unwrap_err();
        assert!(error.message().starts_with(&format!("{address}: {said}")), "{error}");
    }
    let address = world.serve("api.example", -1, 90).await;
    let stranger = tls(&address).server_name("api.example").run().await.unwrap_err();
    assert_eq!(
        stranger.message(),
        format!("{address}: the certificate comes from nobody who is trusted")
    );
}

#[tokio::test]
async fn servers_without_tls_and_without_answer_are_told() {
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = plain.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        use tokio::io::AsyncWriteExt;
        while let Ok((mut stream, _)) = plain.accept().await {
            let _ = stream.write_all(b"220 mail.example ESMTP\r\n").await;
        }
    });
    let error = tls(address.to_string()).run().await.unwrap_err();
    assert!(error.message().contains("the TLS handshake failed"), "{error}");

    let bad = tls("127.0.0.1:1").trust_pem("no certificate").run().await.unwrap_err();
    assert!(bad.message().contains("Connection refused"), "{bad}");
}

#[cfg(feature = "http")]
#[tokio::test]
async fn https_is_verified_the_same_way() {
    let mut world = World::new();
    let address = world.serve("127.0.0.1", -9, -2).await;
    let url = format!("https://{address}/health");
    let error = bellwether::checks::http(&url).trust_pem(world.pem()).run().await.unwrap_err();
    assert!(
        error.message().starts_with(&format!("GET {url}: the certificate expired on")),
        "{error}"
    );
}

/// Runs one check under a paused clock, and tells how it ended and how long it took.
async fn on_a_paused_clock(
    check: impl Check,
    timeout: Option<Duration>,
) -> (CheckOutcome, Duration) {
    let telemetry = bellwether::Telemetry::disabled();
    let startup = Startup::new(&telemetry).in_tasks().check("tls", "api", Degrade, check);
    let startup = if let Some(timeout) = timeout { startup.timeout(timeout) } else { startup };
    let report = startup.run().await;
    let check = &report.checks()[0];
    (check.outcome(), check.took())
}

/// Scenario: a server takes connections and never begins to shake hands; another takes two seconds for it.
/// Guarantee: the first is waited for no longer than the check, or the budget, allows; the second passes.
#[tokio::test(start_paused = true)]
async fn a_handshake_that_hangs_times_out_and_a_slow_one_passes() {
    // Its backlog takes the connections.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = (silent.local_addr().unwrap().to_string(), silent);
    let own = Duration::from_secs(3);
    assert_eq!(on_a_paused_clock(tls(&silent.0), Some(own)).await, (CheckOutcome::TimedOut, own));
    let (outcome, took) = on_a_paused_clock(tls(&silent.0), None).await;
    assert_eq!(outcome, CheckOutcome::TimedOut);
    assert!(took <= CHECK_BUDGET, "{took:?}");

    let mut world = World { pause: Duration::from_secs(2), ..World::new() };
    let address = world.serve("api.example", -1, 90).await;
    let slow = tls(&address).server_name("api.example").trust_pem(world.pem());
    let (outcome, took) = on_a_paused_clock(slow, None).await;
    assert_eq!((outcome, took.as_secs()), (CheckOutcome::Passed, 2));
}
