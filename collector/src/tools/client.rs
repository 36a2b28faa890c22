//! Asks a running collector through its API.

use std::path::PathBuf;
use std::sync::Arc;

use bellwether_core::settings::Secret;
use bellwether_exporters::call::{Answer, Call};
use bellwether_exporters::transport::{Http, Network, Transport};
use bellwether_exporters::wire::Wire;
use http::Method;
use http::header::{AUTHORIZATION, HeaderValue};
use serde_json::Value;

use super::ToolError;

/// Where a collector answers unless something else is said.
const USUAL_URL: &str = "http://127.0.0.1:8088";

/// Where a running collector is asked, and as whom.
#[derive(Clone, Debug, Default)]
pub struct Address {
    /// The URL of its API; the usual one unless set.
    pub url: Option<String>,
    /// The token that is shown; the one in `token_file` unless set.
    pub token: Option<Secret>,
    /// A file with the token that is shown; none is shown unless set.
    pub token_file: Option<PathBuf>,
}

impl Address {
    fn authorization(&self) -> Result<Option<HeaderValue>, ToolError> {
        let bearer = |token: &str| {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.trim())).ok()?;
            value.set_sensitive(true);
            Some(value)
        };
        if let Some(token) = &self.token {
            let none = || ToolError::Other("BELLWETHER_TOKEN is no token".to_owned());
            return bearer(token.expose()).ok_or_else(none).map(Some);
        }
        let Some(file) = &self.token_file else { return Ok(None) };
        let wrong = |what: String| ToolError::file(file, "", what);
        let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
        bearer(&text).ok_or_else(|| wrong("this is no token".to_owned())).map(Some)
    }
}

/// The API of a running collector.
pub(super) struct Client {
    url: String,
    authorization: Option<HeaderValue>,
    transport: Arc<dyn Transport>,
}

impl Client {
    /// Gets ready to ask.
    ///
    /// # Errors
    /// Says what is wrong with the token or its file.
    pub(super) fn new(address: &Address) -> Result<Self, ToolError> {
        // an error says that a provider is installed already, which is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = address.url.as_deref().unwrap_or(USUAL_URL).trim_end_matches('/').to_owned();
        let other = |error: &dyn std::fmt::Display| ToolError::Other(error.to_string());
        let http = Http::new().map_err(|error| other(&error))?;
        let transport = http.open(&Wire::default()).map_err(|error| other(&error))?;
        Ok(Self { url, authorization: address.authorization()?, transport })
    }

    /// Reads what is under a path.
    ///
    /// # Errors
    /// Says that nobody answers there, or what it has against it.
    pub(super) async fn get(&self, path: &str) -> Result<Value, ToolError> {
        self.send(Call::new("ask a collector", Method::GET, self.under(path))).await
    }

    /// Reads the text that is under a path.
    ///
    /// # Errors
    /// Says that nobody answers there, or what it has against it.
    pub(super) async fn text(&self, path: &str) -> Result<String, ToolError> {
        let answer = self.answer(Call::new("ask a collector", Method::GET, self.under(path)));
        String::from_utf8(answer.await?.body.into()).map_err(|_| self.failed("no text came back"))
    }

    /// Sends something that is to be done.
    ///
    /// # Errors
    /// Says that nobody answers there, or what it has against it.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, ToolError> {
        self.send(Call::new("tell a collector", Method::POST, self.under(path)).json(body)).await
    }

    fn under(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Says what is wrong with this collector.
    pub(super) fn failed(&self, why: impl std::fmt::Display) -> ToolError {
        let help = "is a collector running there? --url names another one";
        ToolError::Other(format!("{}: {why}; {help}", self.url))
    }

    async fn send(&self, call: Call) -> Result<Value, ToolError> {
        self.answer(call).await?.json().ok_or_else(|| self.failed("no JSON came back"))
    }

    async fn answer(&self, mut call: Call) -> Result<Answer, ToolError> {
        if let Some(value) = &self.authorization {
            call = call.header(AUTHORIZATION, value.clone());
        }
        let answer = self.transport.send(call).await.map_err(|error| self.failed(error))?;
        if answer.is_success() {
            return Ok(answer);
        }
        let document = answer.json();
        // the collector itself says what is wrong, and what to do
        let told = document.as_ref().and_then(|it| it.pointer("/error/message")?.as_str());
        Err(match told {
            Some(told) => ToolError::Other(told.to_owned()),
            None => self.failed(answer.explain()),
        })
    }
}

/// Runs something that waits for others.
pub(super) fn wait_for<T>(
    work: impl Future<Output = Result<T, ToolError>>,
) -> Result<T, ToolError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| ToolError::Other(format!("no runtime: {error}")))?;
    runtime.block_on(work)
}
