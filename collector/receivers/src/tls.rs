//! TLS on a listener: `receivers.otlp.protocols.*.tls`.

use std::sync::Arc;

use bellwether_core::catalog::Flaw;
use bellwether_core::settings::{FilePath, HumanDuration, Pem, Secret, TlsVersion};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use schemars::JsonSchema;
use serde::Deserialize;

/// TLS for those who connect; keys mean what they mean to the OpenTelemetry Collector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ServerTls")]
pub struct Tls {
    /// A file with our certificate, and those up to an authority that senders know (PEM).
    pub cert_file: Option<FilePath>,
    /// Those certificates themselves.
    pub cert_pem: Option<String>,
    /// A file with our certificate's private key (PEM).
    pub key_file: Option<FilePath>,
    /// The private key itself.
    pub key_pem: Option<Secret>,
    /// A file with the certificates (PEM) of those who may vouch for senders. With it every
    /// sender has to show a certificate.
    pub client_ca_file: Option<FilePath>,
    /// The oldest version of TLS; 1.2 unless set.
    pub min_version: Option<TlsVersion>,
    /// The newest version of TLS.
    pub max_version: Option<TlsVersion>,
    /// Has no effect: files are always read again when they change.
    pub reload_interval: Option<HumanDuration>,
    /// Has no effect: files are always read again when they change.
    pub client_ca_file_reload: Option<bool>,
}

/// What is spoken in TLS, best first.
pub(crate) type Alpn = &'static [&'static [u8]];

impl Tls {
    /// Says whether senders have to show who they are.
    pub const fn knows_senders(&self) -> bool {
        self.client_ca_file.is_some()
    }

    /// Returns the keys that are set and have no effect.
    pub fn without_effect(&self) -> Vec<&'static str> {
        let interval = self.reload_interval.map(|_| "reload_interval");
        interval
            .into_iter()
            .chain(self.client_ca_file_reload.map(|_| "client_ca_file_reload"))
            .collect()
    }

    /// Reads every file, and says what cannot be used; paths of flaws begin below `tls`.
    ///
    /// # Errors
    /// Returns every mistake.
    pub fn check(&self) -> Result<(), Vec<Flaw>> {
        self.build(&[]).map(drop)
    }

    /// Makes what a listener needs.
    pub(crate) fn build(&self, alpn: Alpn) -> Result<Arc<ServerConfig>, Vec<Flaw>> {
        let mut flaws = Vec::new();
        let chain = note(&mut flaws, self.chain());
        let key = note(&mut flaws, self.key());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = note(&mut flaws, self.verifier(&provider));
        let versions = note(&mut flaws, self.versions());
        let (Some(chain), Some(key), Some(verifier), Some(versions)) =
            (chain, key, verifier, versions)
        else {
            return Err(flaws);
        };
        let key_at = if self.key_pem.is_some() { "key_pem" } else { "key_file" };
        let unfit = |error: rustls::Error| {
            let help = "write the key that this certificate was made for".to_owned();
            vec![Flaw::new(
                key_at,
                format!("the certificate cannot be used with its key: {error}"),
                help,
            )]
        };
        let builder = ServerConfig::builder_with_provider(provider);
        let builder = builder.with_protocol_versions(&versions).map_err(unfit)?;
        let builder = match verifier {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_single_cert(chain, key).map_err(unfit)?;
        config.alpn_protocols = alpn.iter().map(|it| it.to_vec()).collect();
        Ok(Arc::new(config))
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, Flaw> {
        let text = self.cert_pem.clone().map(|it| Pem::Text(Secret::new(it)));
        let (at, pem) = pick("cert", self.cert_file.as_ref(), text)?;
        certificates(&at, &pem)
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, Flaw> {
        let text = self.key_pem.clone().map(Pem::Text);
        let (at, pem) = pick("key", self.key_file.as_ref(), text)?;
        let bytes = read(&at, &pem)?;
        PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| {
            let message = format!("{} holds no private key in PEM", pem.place());
            Flaw::new(at, message, "it begins with `-----BEGIN PRIVATE KEY-----`".to_owned())
        })
    }

    fn verifier(
        &self,
        provider: &Arc<rustls::crypto::CryptoProvider>,
    ) -> Result<Option<Arc<dyn ClientCertVerifier>>, Flaw> {
        const AT: &str = "client_ca_file";
        let Some(file) = &self.client_ca_file else { return Ok(None) };
        let mut authorities = RootCertStore::empty();
        let unfit = |error: &dyn std::fmt::Display| {
            let message = format!("`{}` cannot be used: {error}", file.as_path().display());
            Flaw::new(AT, message, "name a file with certificates of authorities".to_owned())
        };
        for certificate in certificates(AT, &Pem::File(file.clone()))? {
            authorities.add(certificate).map_err(|error| unfit(&error))?;
        }
        let (authorities, provider) = (Arc::new(authorities), Arc::clone(provider));
        let verifier = WebPkiClientVerifier::builder_with_provider(authorities, provider).build();
        verifier.map(Some).map_err(|error| unfit(&error))
    }

    fn versions(&self) -> Result<Vec<&'static SupportedProtocolVersion>, Flaw> {
        let oldest = self.min_version.unwrap_or(TlsVersion::V12);
        let newest = self.max_version.unwrap_or(TlsVersion::V13);
        let wanted = |it: TlsVersion| oldest <= it && it <= newest;
        let both = [
            (TlsVersion::V12, &rustls::version::TLS12),
            (TlsVersion::V13, &rustls::version::TLS13),
        ];
        let versions: Vec<_> = both.into_iter().filter(|it| wanted(it.0)).map(|it| it.1).collect();
        if versions.is_empty() {
            return Err(Flaw::new("max_version", "must not be older than `min_version`", None));
        }
        Ok(versions)
    }
}

fn note<T>(flaws: &mut Vec<Flaw>, result: Result<T, Flaw>) -> Option<T> {
    result.map_err(|flaw| flaws.push(flaw)).ok()
}

/// Returns what was written of `cert_file` and `cert_pem`, or of those of the key, with its path.
fn pick(what: &str, file: Option<&FilePath>, text: Option<Pem>) -> Result<(String, Pem), Flaw> {
    match (file, text) {
        (Some(file), None) => Ok((format!("{what}_file"), Pem::File(file.clone()))),
        (None, Some(text)) => Ok((format!("{what}_pem"), text)),
        (Some(_), Some(_)) => {
            let message = format!("stands beside `{what}_file`");
            Err(Flaw::new(format!("{what}_pem"), message, "write one of them".to_owned()))
        }
        (None, None) => {
            let message = "TLS needs a certificate and its key";
            Err(Flaw::new("", message, format!("write `{what}_file`")))
        }
    }
}

fn certificates(at: &str, pem: &Pem) -> Result<Vec<CertificateDer<'static>>, Flaw> {
    let bytes = read(at, pem)?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match read.unwrap_or_default() {
        none if none.is_empty() => {
            let message = format!("{} holds no certificate in PEM", pem.place());
            Err(Flaw::new(at, message, "it begins with `-----BEGIN CERTIFICATE-----`".to_owned()))
        }
        certificates => Ok(certificates),
    }
}

fn read(at: &str, pem: &Pem) -> Result<Vec<u8>, Flaw> {
    pem.read(|path| std::fs::read(path)).map_err(|why| Flaw::new(at, why, None))
}
