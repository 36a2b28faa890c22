//! Which rules fired while a collector was measured.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use anyhow::Context;
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// As much of an answer about incidents as is told.
#[derive(Debug, Deserialize)]
struct Incidents {
    incidents: Vec<Incident>,
}

#[derive(Debug, Deserialize)]
struct Incident {
    alerts: Vec<Alert>,
}

#[derive(Debug, Deserialize)]
struct Alert {
    rule: String,
}

/// Asks which rules fired.
pub(crate) async fn fired(api: SocketAddr) -> anyhow::Result<String> {
    let mut stream = tokio::net::TcpStream::connect(api).await?;
    let request =
        format!("GET /api/v1/incidents HTTP/1.1\r\nhost: {api}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (_, body) = answer.split_once("\r\n\r\n").context("an answer with a body")?;
    told(body).with_context(|| format!("not incidents: {body}"))
}

/// Says which rules the alerts of incidents are of.
fn told(body: &str) -> Option<String> {
    // the body may come in chunks, whose lengths stand around it
    let json = body.get(body.find('{')?..=body.rfind('}')?)?;
    let Incidents { incidents } = serde_json::from_str(json).ok()?;
    let alerts = incidents.iter().flat_map(|it| &it.alerts);
    let rules: BTreeSet<&str> = alerts.map(|it| it.rule.as_str()).collect();
    let rules: Vec<&str> = rules.into_iter().collect();
    Some(if rules.is_empty() { "none".to_owned() } else { rules.join(", ") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_that_fired_are_told() {
        let body = r#"{"incidents":[{"alerts":[{"rule":"b","labels":{}},{"rule":"a","labels":{}},{"rule":"b","labels":{"x":"y"}}]}]}"#;
        assert_eq!(told(body).as_deref(), Some("a, b"));
        assert_eq!(told(r#"{"incidents":[]}"#).as_deref(), Some("none"));
        assert_eq!(told("nothing"), None);
    }
}
