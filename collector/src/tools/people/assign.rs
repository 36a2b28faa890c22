//! `bellwether incidents assign`: an incident is given to somebody.

use std::io::Write;

use bellwether_api::view::Incident;
use serde_json::json;

use super::incidents::read;
use crate::tools::ToolError;
use crate::tools::client::{Address, Client, wait_for};

/// What to give to whom.
#[derive(Clone, Debug)]
pub struct Request {
    /// The incident.
    pub id: String,
    /// Who gets it.
    pub to: String,
    /// Who does it.
    pub by: String,
    /// Prints JSON.
    pub json: bool,
    /// Who is asked.
    pub collector: Address,
}

/// Gives it to them.
///
/// # Errors
/// Says why that was not done.
pub fn run(request: &Request, out: &mut impl Write) -> Result<(), ToolError> {
    let client = Client::new(&request.collector)?;
    let path = format!("/api/v1/incidents/{}/assign", request.id);
    let answer = wait_for(client.post(&path, &json!({ "by": request.by, "to": request.to })))?;
    if request.json {
        return Ok(writeln!(out, "{answer:#}")?);
    }
    let incident: Incident = read(answer)?;
    Ok(writeln!(out, "{} {}: given to {}", incident.id, incident.title, request.to)?)
}
