//! `tls`: whom we trust and who we are.

use bellwether_core::settings::{FilePath, Secret};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Problem;
use crate::wire::{Pem, Tls, TlsVersion};

/// TLS to the destination; keys mean what they mean in the OpenTelemetry Collector.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ClientTls")]
pub struct TlsSettings {
    /// Speak without TLS where the endpoint has no scheme.
    pub insecure: bool,
    /// Do not look at the server's certificate. Everybody on the way can read and answer.
    pub insecure_skip_verify: bool,
    /// A file with the certificates (PEM) of those who may vouch for the server.
    pub ca_file: Option<FilePath>,
    /// Those certificates themselves.
    pub ca_pem: Option<String>,
    /// Whether those of the system may vouch too.
    pub include_system_ca_certs_pool: bool,
    /// A file with our certificate (PEM), for servers that want to know us.
    pub cert_file: Option<FilePath>,
    /// Our certificate itself.
    pub cert_pem: Option<String>,
    /// A file with our certificate's private key (PEM).
    pub key_file: Option<FilePath>,
    /// The private key itself.
    pub key_pem: Option<Secret>,
    /// The oldest version of TLS; 1.2 unless set.
    pub min_version: Option<TlsVersion>,
    /// The newest version of TLS.
    pub max_version: Option<TlsVersion>,
}

impl TlsSettings {
    /// Says what of it is dangerous.
    pub(crate) fn notes(&self) -> Vec<Problem> {
        let message = "lets anybody on the way read what is sent, and answer";
        let note = || Problem::new("tls.insecure_skip_verify", message);
        self.insecure_skip_verify.then(note).into_iter().collect()
    }

    /// Checks it, and complains about what does not fit together. Reads no file.
    pub(crate) fn check(&self, problems: &mut Vec<Problem>) -> Tls {
        let mut wrong = |key: &str, message: &str| {
            problems.push(Problem::new(format!("tls.{key}"), message));
        };
        let pick = |file: &Option<FilePath>, text: Option<Pem>| match (file, text) {
            (Some(file), None) => Ok(Some(Pem::File(file.clone()))),
            (None, text) => Ok(text),
            (Some(_), Some(_)) => Err("stands beside its `_file`: write one of them"),
        };
        let text = |it: &Option<String>| it.clone().map(|it| Pem::Text(Secret::new(it)));
        let mut take = |key: &str, picked: Result<Option<Pem>, &str>| {
            picked.map_err(|message| wrong(key, message)).ok().flatten()
        };
        let authorities = take("ca_pem", pick(&self.ca_file, text(&self.ca_pem)));
        let certificate = take("cert_pem", pick(&self.cert_file, text(&self.cert_pem)));
        let key = take("key_pem", pick(&self.key_file, self.key_pem.clone().map(Pem::Text)));
        let identity = match (certificate, key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(_), None) => {
                wrong("cert_file", "a certificate needs its key: write `key_file`");
                None
            }
            (None, Some(_)) => {
                wrong("key_file", "a key needs its certificate: write `cert_file`");
                None
            }
        };
        if let (Some(oldest), Some(newest)) = (self.min_version, self.max_version)
            && oldest > newest
        {
            wrong("max_version", "must not be older than `min_version`");
        }
        Tls {
            skip_verify: self.insecure_skip_verify,
            authorities,
            system_authorities: self.include_system_ca_certs_pool,
            identity,
            versions: (self.min_version, self.max_version),
        }
    }
}
