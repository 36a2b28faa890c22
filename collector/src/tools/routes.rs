//! `bellwether routes`: what people say of routes that are gone.

use std::io::Write;

use bellwether_core::facts::Removal;
use bellwether_core::ids::Service;
use bellwether_core::route::{Route, RoutePattern};

use super::ToolError;
use super::client::{Address, Client, wait_for};

/// Tells a running collector that routes are gone on purpose, and writes which those are.
///
/// # Errors
/// Says what is wrong with what was written, that no collector answers, or what it has against it.
pub fn accept(request: &Accept, out: &mut impl Write) -> Result<(), ToolError> {
    let removal = request.removal()?;
    let client = Client::new(&request.at)?;
    let body = serde_json::to_value(&removal).map_err(|it| ToolError::Other(it.to_string()))?;
    let mut answer = wait_for(client.post("/api/v1/routes/accept", &body))?;
    let routes = answer.get_mut("accepted").map(serde_json::Value::take).unwrap_or_default();
    let routes: Vec<Route> = serde_json::from_value(routes).map_err(|it| client.failed(it))?;
    for route in &routes {
        writeln!(out, "{} no longer has to serve {route}", removal.service)?;
    }
    Ok(())
}

/// What is gone, who says so, and why.
#[derive(Clone, Debug)]
pub struct Accept {
    /// Whose routes.
    pub service: String,
    /// Which ones, as patterns.
    pub routes: Vec<String>,
    /// Why.
    pub why: String,
    /// Who says so.
    pub by: String,
    /// Which collector.
    pub at: Address,
}

impl Accept {
    fn removal(&self) -> Result<Removal, ToolError> {
        let pattern = |text: &String| -> Result<RoutePattern, ToolError> {
            text.parse().map_err(|error: bellwether_core::route::RouteError| {
                ToolError::Other(error.to_string())
            })
        };
        Ok(Removal {
            service: Service::from(self.service.as_str()),
            routes: self.routes.iter().map(pattern).collect::<Result<_, _>>()?,
            by: self.by.clone(),
            why: self.why.clone(),
        })
    }
}
