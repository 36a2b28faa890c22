//! `bellwether incidents escalate`: a step of an escalation is taken now.

use std::io::Write;

use bellwether_api::view::Incident;
use serde_json::json;

use super::incidents::read;
use crate::tools::ToolError;
use crate::tools::client::{Address, Client, wait_for};

/// What to escalate.
#[derive(Clone, Debug)]
pub struct Request {
    /// The incident.
    pub id: String,
    /// Why.
    pub reason: String,
    /// The number of the step; the next one unless set.
    pub step: Option<u32>,
    /// The escalation policy.
    pub policy: Option<String>,
    /// Who does it.
    pub by: String,
    /// Prints JSON.
    pub json: bool,
    /// Who is asked.
    pub collector: Address,
}

/// Takes the step.
///
/// # Errors
/// Says why that was not done.
pub fn run(request: &Request, out: &mut impl Write) -> Result<(), ToolError> {
    let client = Client::new(&request.collector)?;
    let path = format!("/api/v1/incidents/{}/escalate", request.id);
    let Request { reason, step, policy, by, .. } = request;
    let body = json!({ "by": by, "reason": reason, "policy": policy, "step": step });
    let answer = wait_for(client.post(&path, &body))?;
    if request.json {
        return Ok(writeln!(out, "{answer:#}")?);
    }
    let incident: Incident = read(answer)?;
    let said = incident.timeline.iter().rev().find(|it| it.text.starts_with("escalated"));
    let said = said.map_or("escalated", |it| it.text.as_str());
    Ok(writeln!(out, "{} {}: {said}", incident.id, incident.title)?)
}
