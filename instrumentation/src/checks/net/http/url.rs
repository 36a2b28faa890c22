//! The URLs that checks ask.

use std::fmt;

use hyper::Uri;

use crate::checks::NotPassed;
use crate::checks::net::Address;

/// Holds an `http` or `https` URL. Its `Display` leaves out the user, the query and the fragment, where secrets live.
#[derive(Debug, Clone)]
pub(crate) struct Url {
    pub(super) secure: bool,
    pub(super) address: Address,
    pub(super) target: String,
}

impl Url {
    pub(crate) fn parse(text: &str) -> Result<Self, NotPassed> {
        let invalid = || {
            NotPassed::failed("the URL cannot be read")
                .advice("it begins with http:// or https:// and names a host")
                .error_type("invalid_url")
        };
        let text = text.split('#').next().unwrap_or(text);
        let uri: Uri = text.parse().map_err(|_| invalid())?;
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(invalid()),
        };
        let host = uri.host().map(|host| host.trim_matches(['[', ']'])).unwrap_or_default();
        if host.is_empty() {
            return Err(invalid());
        }
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let target = uri.path_and_query().map_or("/", |it| it.as_str()).to_owned();
        Ok(Self { secure, address: Address { host: host.to_owned(), port }, target })
    }

    pub(crate) fn host(&self) -> &str {
        &self.address.host
    }

    /// Returns the path, without the query.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }

    /// Reads what a `Location` header says, seen from here.
    pub(super) fn join(&self, location: &str) -> Result<Self, NotPassed> {
        if location.starts_with('/') && !location.starts_with("//") {
            return Ok(Self { target: location.to_owned(), ..self.clone() });
        }
        Self::parse(location)
    }

    pub(super) fn is_same_origin(&self, other: &Self) -> bool {
        self.secure == other.secure && self.address == other.address
    }

    pub(super) fn authority(&self) -> String {
        let standard = if self.secure { 443 } else { 80 };
        let text = self.address.to_string();
        match text.rsplit_once(':') {
            Some((host, _)) if self.address.port == standard => host.to_owned(),
            _ => text,
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path())
    }
}
