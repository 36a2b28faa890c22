//! Speaks SMTP: one mail, one connection. The other place that touches the network.

use std::error::Error as _;
use std::path::Path;
use std::time::Duration;

use bellwether_core::BoxFuture;
use bytes::Bytes;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, Identity, TlsParameters,
    TlsVersion as Oldest,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::{Error, response::Response};
use serde::{Deserialize, Serialize};

use crate::call::{Answer, Call, Envelope};
use crate::transport::{HttpError, Transport, TransportError};
use crate::wire::{Encryption, Relay, Tls, TlsVersion};

/// How long a server that has taken everything is waited for to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// How far a conversation came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// The greeting.
    Greeting,
    /// User and password.
    Login,
    /// From whom the mail comes.
    Sender,
    /// To whom it goes.
    Recipients,
    /// The mail itself.
    Content,
}

/// What a server said, as the body of an [`Answer`] whose status is the reply's code.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Said {
    /// The last thing that was asked.
    pub(crate) stage: Stage,
    /// The text of the reply.
    pub(crate) text: String,
    /// Who does not get the mail.
    #[serde(default)]
    pub(crate) refused: Vec<Refused>,
}

/// Somebody who does not get a mail.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Refused {
    /// The address.
    pub(crate) to: String,
    /// The code of the reply.
    pub(crate) code: u16,
    /// Its text.
    pub(crate) text: String,
}

/// Returns what an answer says, for people. Not yet redacted.
pub(crate) fn explain(answer: &Answer) -> String {
    let said: Option<Said> = serde_json::from_slice(&answer.body).ok();
    let text = said.map(|it| it.text).unwrap_or_default();
    format!("SMTP {} {text}", answer.status).trim_end().to_owned()
}

/// Sends mails by one server.
pub(crate) struct Smtp {
    relay: Relay,
    /// Absent where nothing is encrypted.
    tls: Option<TlsParameters>,
}

/// Why a conversation ended before its end.
enum Broken {
    /// The server said no.
    Said(Stage, Error),
    /// There was no answer.
    Lost(String),
}

impl Smtp {
    /// Prepares a way to a server; connects to nothing yet.
    pub(crate) fn open(relay: &Relay, tls: &Tls) -> Result<Self, HttpError> {
        let tls = match relay.encryption {
            Encryption::None => None,
            _ => Some(parameters(&relay.host, tls)?),
        };
        Ok(Self { relay: relay.clone(), tls })
    }

    async fn exchange(&self, call: Call) -> Result<Answer, TransportError> {
        match self.talk(&call).await {
            Ok(answer) => Ok(answer),
            Err(Broken::Said(stage, error)) => {
                let code = error.status().map_or(0, u16::from);
                Ok(answer(code, &Said { stage, text: text(&error), refused: Vec::new() }))
            }
            Err(Broken::Lost(why)) => Err(TransportError(format!("{}: {why}", call.host()))),
        }
    }

    async fn talk(&self, call: &Call) -> Result<Answer, Broken> {
        let mut connection = self.connect().await?;
        let answer = match &call.envelope {
            Some(envelope) => deliver(&mut connection, envelope, &call.body.to_bytes()).await?,
            // only whether we are let in was asked
            None => {
                answer(250, &Said { stage: Stage::Login, text: String::new(), refused: Vec::new() })
            }
        };
        // what was taken is taken, whether the server says goodbye or not
        let _ = tokio::time::timeout(GOODBYE, connection.quit()).await;
        Ok(answer)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Broken> {
        let relay = &self.relay;
        let greeting = |error| broken(Stage::Greeting, error);
        let hello = ClientId::Domain(relay.hello.clone());
        let implicit = self.tls.clone().filter(|_| relay.encryption == Encryption::Implicit);
        let server = (relay.host.as_str(), relay.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, None, &hello, implicit, None)
                .await
                .map_err(greeting)?;
        if let (Encryption::Starttls, Some(tls)) = (relay.encryption, &self.tls) {
            if !connection.can_starttls() {
                let why = "the server does not offer STARTTLS, and nothing is sent in the clear";
                return Err(Broken::Lost(why.to_owned()));
            }
            connection.starttls(tls.clone(), &hello).await.map_err(greeting)?;
        }
        if let Some((user, password)) = &relay.login {
            let credentials = Credentials::new(user.clone(), password.expose().to_owned());
            let login = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials);
            login.await.map_err(|error| broken(Stage::Login, error))?;
        }
        Ok(connection)
    }
}

impl Transport for Smtp {
    fn send(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>> {
        Box::pin(self.exchange(call))
    }
}

/// Hands a mail over, to those whom the server takes.
async fn deliver(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    mail: &Bytes,
) -> Result<Answer, Broken> {
    let mut parameters = Vec::new();
    if !mail.is_ascii() && connection.server_info().supports_feature(Extension::EightBitMime) {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let from = Mail::new(Some(envelope.from.clone()), parameters);
    connection.command(from).await.map_err(|error| broken(Stage::Sender, error))?;
    let mut refused = Vec::new();
    for to in &envelope.to {
        if let Err(error) = connection.command(Rcpt::new(to.clone(), Vec::new())).await {
            let Some(code) = error.status() else { return Err(broken(Stage::Recipients, error)) };
            refused.push(Refused { to: to.to_string(), code: code.into(), text: text(&error) });
        }
    }
    if refused.len() == envelope.to.len() {
        // one that is only put off has all tried again
        let mildest = refused.iter().map(|it| it.code).min().unwrap_or(550);
        let said = refused.iter().map(|it| format!("{}: {} {}", it.to, it.code, it.text));
        let text = said.collect::<Vec<_>>().join("; ");
        return Ok(answer(mildest, &Said { stage: Stage::Recipients, text, refused }));
    }
    let content = |error| broken(Stage::Content, error);
    connection.command(Data).await.map_err(content)?;
    let taken: Response = connection.message(mail).await.map_err(content)?;
    let text = taken.message().collect::<Vec<_>>().join(" ");
    Ok(answer(taken.code().into(), &Said { stage: Stage::Content, text, refused }))
}

fn broken(stage: Stage, error: Error) -> Broken {
    match error.status() {
        Some(_) => Broken::Said(stage, error),
        None => Broken::Lost(error.to_string()),
    }
}

/// Returns what the server said with an error.
fn text(error: &Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

fn answer(code: u16, said: &Said) -> Answer {
    // of what this is made of, nothing can fail to be written
    let body = serde_json::to_vec(said).unwrap_or_default();
    Answer { status: code, body: body.into(), ..Answer::default() }
}

/// Says whom we trust, and who we are.
fn parameters(host: &str, tls: &Tls) -> Result<TlsParameters, HttpError> {
    let read = |path: &Path| std::fs::read(path);
    let wrong = |why: String| HttpError::Tls(why);
    let mut builder = TlsParameters::builder(host.to_owned());
    if tls.versions.0 == Some(TlsVersion::V13) {
        builder = builder.set_min_tls_version(Oldest::Tlsv13);
    }
    if tls.skip_verify {
        builder =
            builder.dangerous_accept_invalid_certs(true).dangerous_accept_invalid_hostnames(true);
    }
    if let Some(pem) = &tls.authorities {
        let bytes = pem.read(read).map_err(wrong)?;
        let certificate = Certificate::from_pem(&bytes);
        let certificate = certificate.ok().filter(|_| holds_certificate(&bytes));
        let none = || format!("tls.ca_file: {} holds no certificate in PEM", pem.place());
        builder = builder.add_root_certificate(certificate.ok_or_else(|| wrong(none()))?);
        if !tls.system_authorities {
            builder = builder.certificate_store(CertificateStore::None);
        }
    }
    if let Some((certificate, key)) = &tls.identity {
        let (chain, secret) =
            (certificate.read(read).map_err(wrong)?, key.read(read).map_err(wrong)?);
        let identity = Identity::from_pem(&chain, &secret).map_err(|_| {
            let (certificate, key) = (certificate.place(), key.place());
            wrong(format!(
                "tls.cert_file, tls.key_file: {certificate} and {key} are no certificate with its key in PEM"
            ))
        })?;
        builder = builder.identify_with(identity);
    }
    builder.build().map_err(|error| wrong(format!("tls: {error}")))
}

/// Says whether there is a certificate at all, since none is no mistake to the reader of PEM.
fn holds_certificate(pem: &[u8]) -> bool {
    String::from_utf8_lossy(pem).contains("BEGIN CERTIFICATE")
}
