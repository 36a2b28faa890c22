//! `bellwether report`: what a month or a week came to.

use std::io::Write;

use bellwether_core::period::Calendar;

use super::ToolError;
use super::client::{Address, Client, wait_for};

/// Which report.
#[derive(Clone, Debug)]
pub struct Request {
    /// The month or the week.
    pub period: Calendar,
    /// Prints a page for people instead of JSON.
    pub html: bool,
    /// Who is asked.
    pub collector: Address,
}

/// Prints a report.
///
/// # Errors
/// Says why the collector does not answer, or that it knows nothing of that time.
pub fn run(request: &Request, out: &mut impl Write) -> Result<(), ToolError> {
    let client = Client::new(&request.collector)?;
    let path = format!("/api/v1/reports/{}", request.period);
    if request.html {
        // the one that brings its looks with it
        let page = wait_for(client.text(&format!("{path}/mail")))?;
        return Ok(writeln!(out, "{page}")?);
    }
    Ok(writeln!(out, "{:#}", wait_for(client.get(&path))?)?)
}
