//! `headers`: what is sent with every request.

use std::collections::BTreeMap;

use bellwether_core::settings::Secret;
use http::{HeaderMap, HeaderName};

use super::{Problem, secret_header};

/// Headers by name. Their values are kept secret.
pub type Headers = BTreeMap<String, Secret>;

/// Checks headers, and complains about what is none.
pub(crate) fn headers(headers: &Headers, problems: &mut Vec<Problem>) -> HeaderMap {
    let mut checked = HeaderMap::new();
    for (name, secret) in headers {
        let path = format!("headers.{name}");
        let value = secret_header(&path, "", secret, problems);
        match HeaderName::try_from(name.as_str()) {
            Ok(name) => drop(checked.insert(name, value)),
            Err(_) => problems.push(Problem::new(path, "is not the name of a header")),
        }
    }
    checked
}
