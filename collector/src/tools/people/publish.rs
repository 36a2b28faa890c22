//! `bellwether incidents publish`: customers read of an incident.

use std::io::Write;

use bellwether_api::view::Incident;
use serde_json::json;

use super::incidents::read;
use crate::tools::ToolError;
use crate::tools::client::{Address, Client, wait_for};

/// What to publish.
#[derive(Clone, Debug)]
pub struct Request {
    /// The incident.
    pub id: String,
    /// The headline; as drafted unless set.
    pub headline: Option<String>,
    /// The text; as drafted unless set.
    pub text: Option<String>,
    /// Who does it.
    pub by: String,
    /// Prints JSON.
    pub json: bool,
    /// Who is asked.
    pub collector: Address,
}

/// Has it published.
///
/// # Errors
/// Says why that was not done.
pub fn run(request: &Request, out: &mut impl Write) -> Result<(), ToolError> {
    let client = Client::new(&request.collector)?;
    let path = format!("/api/v1/incidents/{}/publish", request.id);
    let Request { headline, text, by, .. } = request;
    let body = json!({ "by": by, "headline": headline, "text": text });
    let answer = wait_for(client.post(&path, &body))?;
    if request.json {
        return Ok(writeln!(out, "{answer:#}")?);
    }
    let incident: Incident = read(answer)?;
    Ok(writeln!(out, "{} {}: is published", incident.id, incident.title)?)
}
