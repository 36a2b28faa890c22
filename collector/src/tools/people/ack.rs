//! `bellwether ack`: somebody works on an incident.

use std::io::Write;

use bellwether_api::view::Incident;
use bellwether_core::settings::HumanDuration;
use serde_json::json;

use super::incidents::read;
use crate::tools::ToolError;
use crate::tools::client::{Address, Client, wait_for};

/// What to acknowledge.
#[derive(Clone, Debug)]
pub struct Request {
    /// The incident.
    pub id: String,
    /// Who does it.
    pub by: String,
    /// For how long.
    pub hold: Option<HumanDuration>,
    /// What to write about it.
    pub note: Option<String>,
    /// Prints JSON.
    pub json: bool,
    /// Who is asked.
    pub collector: Address,
}

/// Acknowledges.
///
/// # Errors
/// Says why that was not done.
pub fn run(request: &Request, out: &mut impl Write) -> Result<(), ToolError> {
    let client = Client::new(&request.collector)?;
    let path = format!("/api/v1/incidents/{}", request.id);
    if let Some(text) = &request.note {
        let body = json!({ "by": request.by, "text": text });
        wait_for(client.post(&format!("{path}/notes"), &body))?;
    }
    let mut body = json!({ "by": request.by });
    if let Some(hold) = request.hold {
        body["for"] = json!(hold);
    }
    let answer = wait_for(client.post(&format!("{path}/acknowledge"), &body))?;
    if request.json {
        return Ok(writeln!(out, "{answer:#}")?);
    }
    let incident: Incident = read(answer)?;
    let until = incident.response.acknowledged.map(|it| it.until.to_string()).unwrap_or_default();
    Ok(writeln!(
        out,
        "{} {}: acknowledged by {}, until {until}",
        incident.id, incident.title, request.by
    )?)
}
