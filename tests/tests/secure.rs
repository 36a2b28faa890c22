//! Certificates and tokens of a collector that runs: who gets in, and that both are exchanged
//! without a restart.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use bellwether_tests::harness::authority::{Authority, Identity};
use bellwether_tests::harness::backend::Backend;
use bellwether_tests::harness::process::Setup;
use bellwether_tests::harness::wait;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use reqwest::StatusCode;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, ServerTlsConfig};

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

fn request(name: &str) -> ExportTraceServiceRequest {
    let span = Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: name.to_owned(),
        ..Span::default()
    };
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }
}

/// A sender that trusts an authority, and shows a token and perhaps a certificate.
struct Sender<'a> {
    trusts: &'a Authority,
    token: &'a str,
    shows: Option<&'a Identity>,
}

impl Sender<'_> {
    /// Sends over both protocols, each over a connection of its own.
    async fn send(&self, setup: &Setup) -> anyhow::Result<()> {
        self.over_grpc(setup.otlp()).await.context("gRPC")?;
        self.over_http(setup.otlp_http()).await.context("HTTP")
    }

    async fn over_grpc(&self, to: SocketAddr) -> anyhow::Result<()> {
        let authority = Certificate::from_pem(self.trusts.pem());
        let mut tls = ClientTlsConfig::new().ca_certificate(authority);
        if let Some(Identity { certificate, key }) = self.shows {
            tls = tls.identity(tonic::transport::Identity::from_pem(certificate, key));
        }
        let endpoint = Channel::from_shared(format!("https://localhost:{}", to.port()))?;
        let channel = endpoint.timeout(LIMIT).tls_config(tls)?.connect().await?;
        let mut request = tonic::Request::new(request("secure"));
        let value = format!("Bearer {}", self.token).parse()?;
        request.metadata_mut().insert("authorization", value);
        TraceServiceClient::new(channel).export(request).await?;
        Ok(())
    }

    async fn over_http(&self, to: SocketAddr) -> anyhow::Result<()> {
        let authority = reqwest::Certificate::from_pem(self.trusts.pem().as_bytes())?;
        let mut client = reqwest::Client::builder().tls_certs_only([authority]);
        if let Some(Identity { certificate, key }) = self.shows {
            let both = format!("{certificate}\n{key}");
            client = client.identity(reqwest::Identity::from_pem(both.as_bytes())?);
        }
        let answer = client
            .build()?
            .post(format!("https://localhost:{}/v1/traces", to.port()))
            .header("content-type", "application/x-protobuf")
            .bearer_auth(self.token)
            .body(request("secure").encode_to_vec())
            .send()
            .await?;
        if answer.status() != StatusCode::OK {
            bail!("{} {}", answer.status(), answer.text().await?);
        }
        Ok(())
    }
}

fn write(folder: &Path, name: &str, identity: &Identity) -> anyhow::Result<()> {
    std::fs::write(folder.join(format!("{name}.key")), &identity.key)?;
    Ok(std::fs::write(folder.join(format!("{name}.crt")), &identity.certificate)?)
}

/// Adds keys to both protocols of the receiver.
fn secured(setup: &Setup, keys: &str) -> anyhow::Result<()> {
    let mut text = std::fs::read_to_string(setup.config())?;
    for protocol in ["grpc: {", "http: {"] {
        ensure!(text.contains(protocol), "{text}");
        text = text.replace(protocol, &format!("{protocol} {keys}, "));
    }
    Ok(std::fs::write(setup.config(), text)?)
}

/// Scenario: the receiver shows a certificate and wants a token from a file. Both files are
/// exchanged; then somebody writes a certificate that is none, and later a good one.
/// Guarantee: within seconds only the new ones count, on the same ports, without a restart and
/// without a signal. While the file is bad the certificate before it stays, and the API says so.
#[tokio::test]
async fn certificates_and_tokens_are_exchanged_while_everything_runs() -> anyhow::Result<()> {
    let (first, second) = (Authority::new("first")?, Authority::new("second")?);
    let setup = Setup::alone()?.with_extension("bearertokenauth: { filename: tokens }")?;
    secured(
        &setup,
        "tls: { cert_file: tls.crt, key_file: tls.key }, auth: { authenticator: bearertokenauth }",
    )?;
    write(setup.folder(), "tls", &first.sign("localhost")?)?;
    std::fs::write(setup.folder().join("tokens"), "one\n")?;
    let collector = setup.start().await?;
    let old = Sender { trusts: &first, token: "one", shows: None };
    let new = Sender { trusts: &second, token: "two", shows: None };
    old.send(&setup).await?;
    assert!(new.send(&setup).await.is_err(), "neither the authority nor the token is known yet");

    write(setup.folder(), "tls", &second.sign("localhost")?)?;
    std::fs::write(setup.folder().join("tokens"), "two\n")?;
    wait::until("the new ones to count", LIMIT, async || new.send(&setup).await).await?;
    let told = format!("{:?}", old.send(&setup).await.err().context("it was exchanged")?);
    assert!(told.contains("UnknownIssuer"), "{told}");
    let told = Sender { trusts: &second, token: "one", shows: None };
    let told = format!("{:?}", told.send(&setup).await.err().context("it was exchanged")?);
    assert!(told.contains("Unauthenticated") || told.contains("token"), "{told}");

    std::fs::write(setup.folder().join("tls.crt"), "nothing of the kind")?;
    let problems = wait::until("the bad one to be told", LIMIT, async || {
        let configuration = collector.status().await?.collector.configuration;
        configuration.refused.map(|it| it.problems.join("\n")).context("nothing is refused")
    })
    .await?;
    assert!(problems.contains("tls.crt` holds no certificate in PEM"), "{problems}");
    new.send(&setup).await?;

    write(setup.folder(), "tls", &second.sign("localhost")?)?;
    wait::until("nothing to be refused", LIMIT, async || {
        let refused = collector.status().await?.collector.configuration.refused;
        ensure!(refused.is_none(), "{refused:?}");
        Ok(())
    })
    .await?;
    new.send(&setup).await?;
    collector.stop().await
}

/// Scenario: senders have to show a certificate; the file with those who vouch for them is
/// exchanged.
/// Guarantee: senders that the new ones vouch for get in without a restart, the others no longer.
#[tokio::test]
async fn those_who_vouch_for_senders_are_exchanged_while_everything_runs() -> anyhow::Result<()> {
    let (first, second) = (Authority::new("first")?, Authority::new("second")?);
    let setup = Setup::alone()?;
    secured(&setup, "tls: { cert_file: tls.crt, key_file: tls.key, client_ca_file: senders.crt }")?;
    write(setup.folder(), "tls", &first.sign("localhost")?)?;
    let senders = setup.folder().join("senders.crt");
    std::fs::write(&senders, first.pem())?;
    let collector = setup.start().await?;
    let (old, new) = (first.sign("sender")?, second.sign("sender")?);
    let showing = |shows| Sender { trusts: &first, token: "", shows: Some(shows) };
    showing(&old).send(&setup).await?;
    assert!(showing(&new).send(&setup).await.is_err(), "nobody vouches for it yet");

    std::fs::write(&senders, second.pem())?;
    wait::until("the new one to get in", LIMIT, async || showing(&new).send(&setup).await).await?;
    assert!(showing(&old).send(&setup).await.is_err(), "nobody vouches for it any longer");
    let none = Sender { trusts: &first, token: "", shows: None };
    assert!(none.send(&setup).await.is_err(), "a certificate is wanted");
    collector.stop().await
}

/// Scenario: a destination wants to see a certificate, and ours is of an authority that it does
/// not know. Somebody puts the right one into the files that the configuration names.
/// Guarantee: what waited arrives without a restart, once.
#[tokio::test]
async fn a_destination_is_shown_the_new_certificate() -> anyhow::Result<()> {
    let (ours, other) = (Authority::new("ours")?, Authority::new("other")?);
    let server = ours.sign("localhost")?;
    let tls = ServerTlsConfig::new()
        .identity(tonic::transport::Identity::from_pem(server.certificate, server.key))
        .client_ca_root(Certificate::from_pem(ours.pem()));
    let backend = Backend::with_tls(tls).await?;
    let exporters = format!(
        "{{ otlp: {{ endpoint: \"localhost:{}\", tls: {{ ca_file: ca.crt, cert_file: our.crt, key_file: our.key }}, retry_on_failure: {{ initial_interval: 100ms }} }} }}",
        backend.address().port()
    );
    let setup = Setup::leading_to(&exporters)?;
    std::fs::write(setup.folder().join("ca.crt"), ours.pem())?;
    write(setup.folder(), "our", &other.sign("collector")?)?;
    let collector = setup.start().await?;
    let channel = Channel::from_shared(setup.otlp_url())?.connect().await?;
    TraceServiceClient::new(channel).export(request("waits")).await?;
    wait::until("the refusal", LIMIT, async || {
        let snapshot = collector.status().await?;
        let signals = snapshot.destinations.first().and_then(|it| it.signals.clone());
        signals.and_then(|it| it.why).context("the destination is well")
    })
    .await?;
    assert!(backend.received().traces.is_empty());

    write(setup.folder(), "our", &ours.sign("collector")?)?;
    wait::until("what waited", LIMIT, async || {
        let came = backend.received().traces.len();
        ensure!(came == 1, "{came} came");
        Ok(())
    })
    .await?;
    collector.stop().await
}
