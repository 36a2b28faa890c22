//! The business map and the 100 rules that ours evaluates meanwhile.

use std::fmt::Write;
use std::net::SocketAddr;

use anyhow::Context;
use bellwether_load::spans::{Shape, route, service};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// How many components the stream is about; each has two services.
const LIVE: usize = 10;

/// Writes the catalog: ten components that the stream is about and forty that it is not.
pub(crate) fn catalog() -> String {
    let mut text = "components:\n".to_owned();
    let shape = Shape::default();
    for index in 0..LIVE {
        let services = [service(2 * index), service(2 * index + 1)].join(", ");
        let routes: Vec<String> =
            (0..shape.routes).map(|at| format!("\"{}\"", route(at))).collect();
        let _ = writeln!(
            text,
            "  part-{index}: {{ criticality: high, services: [{services}], routes: [{}] }}",
            routes.join(", ")
        );
    }
    for index in 0..40 {
        let _ = writeln!(
            text,
            "  other-{index}: {{ services: [elsewhere-{index}], routes: [\"/elsewhere/{index}/**\"] }}"
        );
    }
    text
}

/// Writes the rules.
pub(crate) fn rules() -> String {
    let mut text = "rules:\n".to_owned();
    for index in 0..LIVE {
        for kind in ["routes", "startup"] {
            let _ = writeln!(text, "  {kind}-{index}: {{ component: part-{index}, kind: {kind} }}");
        }
    }
    for index in 0..40 {
        for kind in ["routes", "startup"] {
            let _ = writeln!(
                text,
                "  other-{kind}-{index}: {{ component: other-{index}, kind: {kind} }}"
            );
        }
    }
    text
}

/// Asks what the rules found.
pub(crate) async fn fired(api: SocketAddr) -> anyhow::Result<String> {
    let mut stream = tokio::net::TcpStream::connect(api).await?;
    let request =
        format!("GET /api/v1/incidents HTTP/1.1\r\nhost: {api}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (_, body) = answer.split_once("\r\n\r\n").context("an answer with a body")?;
    Ok(format!("{} bytes of incidents", body.len()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_are_a_hundred() {
        assert_eq!(super::rules().lines().count(), 101);
    }
}
