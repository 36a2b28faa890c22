//! Asks the API of a running collector.

use bellwether_exporters::call::Call;
use bellwether_exporters::transport::{Http, Network, Transport};
use bellwether_exporters::wire::Wire;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Method};
use serde_json::Value;
use std::sync::Arc;

use super::Collector;
use crate::tools::ToolError;

/// Where a collector answers unless another address is given.
const HERE: &str = "http://127.0.0.1:8088";

/// The way to the API of a collector.
pub(super) struct Remote {
    url: String,
    token: Option<HeaderValue>,
    transport: Arc<dyn Transport>,
}

impl Remote {
    pub(super) fn new(collector: &Collector) -> Result<Self, ToolError> {
        // an error says that a provider is installed already, which is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = collector.url.as_deref().unwrap_or(HERE).trim_end_matches('/').to_owned();
        let token = collector.token_file.as_ref().map(|file| {
            let wrong = |what: String| ToolError::file(file, "", what);
            let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
            let value = HeaderValue::from_str(&format!("Bearer {}", text.trim()));
            let mut value = value.map_err(|_| wrong("this is no token".to_owned()))?;
            value.set_sensitive(true);
            Ok::<_, ToolError>(value)
        });
        let failed = |error: &dyn std::fmt::Display| ToolError::Other(error.to_string());
        let http = Http::new().map_err(|error| failed(&error))?;
        let transport = http.open(&Wire::default()).map_err(|error| failed(&error))?;
        Ok(Self { url, token: token.transpose()?, transport })
    }

    /// Asks, and returns what came back.
    pub(super) fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, ToolError> {
        let mut call = Call::new("ask the collector", method, format!("{}{path}", self.url));
        if let Some(body) = body {
            call = call.json(body);
        }
        if let Some(token) = &self.token {
            call = call.header(AUTHORIZATION, token.clone());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| ToolError::Other(format!("no runtime: {error}")))?;
        let answer = runtime.block_on(self.transport.send(call)).map_err(|error| {
            let url = &self.url;
            let help = "is a collector running there? --url names another one";
            ToolError::Other(format!("{url}: {error}; {help}"))
        })?;
        let json = answer.json();
        if answer.is_success() {
            return json
                .ok_or_else(|| ToolError::Other(format!("{}: no JSON came back", self.url)));
        }
        // what the collector says of it is written for people
        let said = json.as_ref().and_then(|it| it.pointer("/error/message")?.as_str());
        Err(ToolError::Other(said.map_or_else(|| answer.explain(), str::to_owned)))
    }
}
