//! Asks as the exporter over HTTP sends: in HTTP/1.1, below the same base URL.

use super::{HEADER, ProbeTarget, Sighting, judge, path};
use crate::checks::net::http::Request;

/// Asks once; the error says why nobody can be asked.
pub(super) async fn ask(target: &ProbeTarget, nonce: &str) -> Result<Sighting, String> {
    let mut request = Request::get(format!("{}{}", target.endpoint, path(nonce)));
    for (name, value) in &target.headers {
        request.header(name, value);
    }
    let answer = request.send().await.map_err(|problem| problem.message().to_owned())?;
    Ok(judge(answer.status.as_u16(), answer.header(HEADER)))
}
