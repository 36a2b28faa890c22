//! TLS connections, verified against Mozilla's roots and those that a check adds.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, Error, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::describe;
use crate::checks::NotPassed;

/// Says whom to believe beside Mozilla's list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trust {
    /// Certificates of authorities, in PEM.
    pub(crate) pem: Vec<u8>,
}

impl Trust {
    fn roots(&self) -> Result<Arc<RootCertStore>, NotPassed> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let unreadable = || {
            NotPassed::failed("the certificates that should be trusted cannot be read")
                .advice("give them in PEM: -----BEGIN CERTIFICATE-----")
                .error_type("invalid_certificate")
        };
        let mut added = 0;
        for certificate in CertificateDer::pem_slice_iter(&self.pem) {
            roots.add(certificate.map_err(|_| unreadable())?).map_err(|_| unreadable())?;
            added += 1;
        }
        if added == 0 && !self.pem.is_empty() {
            return Err(unreadable());
        }
        Ok(Arc::new(roots))
    }

    /// Makes a TLS connection of a TCP one; the server's certificate must be valid now, and for `name`.
    pub(crate) async fn connect(
        &self,
        stream: TcpStream,
        name: &str,
        place: &str,
        protocols: &[&str],
    ) -> Result<TlsStream<TcpStream>, NotPassed> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| NotPassed::from(error).error_type("tls"))?
            .with_root_certificates(self.roots()?)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|it| it.as_bytes().to_vec()).collect();
        let connector = TlsConnector::from(Arc::new(config));
        let connected = connector.connect(server_name(name)?, stream).await;
        connected.map_err(|error| match error.get_ref().and_then(|it| it.downcast_ref::<Error>()) {
            Some(tls) => refused(place, tls),
            None => describe(place, &error),
        })
    }

    /// Verifies a chain as it will be verified `later` from now.
    pub(crate) fn verify(
        &self,
        chain: &[CertificateDer<'_>],
        name: &str,
        place: &str,
        later: Duration,
    ) -> Result<(), NotPassed> {
        let Some((server, intermediates)) = chain.split_first() else {
            return Err(NotPassed::failed(format!("{place}: the server showed no certificate"))
                .error_type("no_certificate"));
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(self.roots()?, provider)
            .build()
            .map_err(|error| NotPassed::from(error).error_type("tls"))?;
        let then = UnixTime::since_unix_epoch(now() + later);
        match verifier.verify_server_cert(server, intermediates, &server_name(name)?, &[], then) {
            Ok(_) => Ok(()),
            Err(error) => Err(refused(place, &error)),
        }
    }
}

fn server_name(name: &str) -> Result<ServerName<'static>, NotPassed> {
    ServerName::try_from(name.to_owned()).map_err(|_| {
        NotPassed::failed(format!("`{name}` is not a name that a certificate can be for"))
            .advice("write a host name or an IP address")
            .error_type("invalid_name")
    })
}

/// Says what is wrong with a certificate or a handshake.
fn refused(place: &str, error: &Error) -> NotPassed {
    let (what, advice, error_type) = match error {
        Error::InvalidCertificate(certificate) => wrong_certificate(certificate),
        other => (
            format!("the TLS handshake failed: {other}"),
            "see whether this port speaks TLS, and the server's log",
            "tls_handshake",
        ),
    };
    NotPassed::failed(format!("{place}: {what}")).advice(advice).error_type(error_type)
}

fn wrong_certificate(error: &CertificateError) -> (String, &'static str, &'static str) {
    match error {
        CertificateError::ExpiredContext { time, not_after } => {
            let (verb, advice) = if time.as_secs() <= now().as_secs() {
                (
                    "expired",
                    "renew the certificate, or restart the server so that it loads the new one",
                )
            } else {
                ("will expire", "renew the certificate, and see why that was not done by itself")
            };
            let left = not_after.as_secs().saturating_sub(now().as_secs()) / 86_400;
            let when = match verb {
                "expired" => String::new(),
                _ => format!(", in {left} days"),
            };
            (
                format!("the certificate {verb} on {}{when}", date(*not_after)),
                advice,
                "certificate_expired",
            )
        }
        CertificateError::NotValidYetContext { not_before, .. } => (
            format!("the certificate is valid only from {} on", date(*not_before)),
            "compare the clocks of this machine and of the one that made the certificate",
            "certificate_not_yet_valid",
        ),
        CertificateError::NotValidForNameContext { expected, presented } => (
            format!(
                "the certificate is not for {}; it is for {}",
                expected.to_str(),
                if presented.is_empty() { "nobody".to_owned() } else { presented.join(", ") }
            ),
            "ask by a name that the certificate has, or add this one to it",
            "certificate_wrong_name",
        ),
        CertificateError::UnknownIssuer => (
            "the certificate comes from nobody who is trusted".to_owned(),
            "let the server send its intermediate certificates, or add its authority with trust_pem",
            "certificate_untrusted",
        ),
        other => (
            format!("the certificate is not valid: {other}"),
            "look at it with openssl s_client -connect HOST:PORT",
            "certificate_invalid",
        ),
    }
}

fn now() -> Duration {
    opentelemetry::time::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Writes a day as `2026-11-24`.
fn date(time: UnixTime) -> String {
    // Days to a date of the Gregorian calendar, counted in eras of 400 years that begin in March.
    let days = time.as_secs() / 86_400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_dates() {
        for (seconds, text) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_735_603_200, "2024-12-31"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(date(UnixTime::since_unix_epoch(Duration::from_secs(seconds))), text);
        }
    }
}
