//! An identity provider (npm's `oidc-provider`), and a browser that signs in there.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Response, StatusCode, Url};

use super::http;
use super::installed::{cached, node, project};
use super::process::Process;

/// Longest wait for the provider, on a busy machine.
const START: Duration = Duration::from_secs(60);

/// More steps of one sign-in are a circle.
const STEPS: usize = 20;

/// The provider as a process, killed when dropped. Its people are in `tests/clients/oidc/provider.mjs`.
pub struct IdentityProvider {
    process: Process,
    issuer: String,
    client: reqwest::Client,
}

impl IdentityProvider {
    /// Starts one for the collector whose API is there.
    ///
    /// # Errors
    /// Fails when it is not installed or does not start.
    pub async fn start(dashboard: SocketAddr) -> anyhow::Result<Self> {
        let script = project().join("tests/clients/oidc/provider.mjs").display().to_string();
        let home = format!("http://{dashboard}/");
        let arguments = [script, format!("{home}login/oidc/callback"), home];
        let modules = cached("clients/oidc/node_modules", "clients")?;
        let variables = [("MODULES".to_owned(), modules)];
        let process = Process::start(&node()?, &arguments, &variables)?;
        let issuer = |line: &str| Some(line.strip_prefix("issuer: ")?.to_owned());
        let issuer = process.until_line("the provider", START, issuer).await?;
        Ok(Self { process, issuer, client: http::client()? })
    }

    /// Returns settings of `extensions.dashboard.auth` by which people sign in here, with more keys
    /// of `oidc`.
    pub fn auth(&self, dashboard: SocketAddr, more: &str) -> String {
        format!(
            "{{ oidc: {{ issuer: '{}', client_id: bellwether, client_secret: 'the secret of bellwether & co', \
             url: 'http://{dashboard}', name: Example, scopes: [profile, groups], \
             roles: {{ admin: [leads], operator: [sre], viewer: [staff] }}{more} }} }}",
            self.issuer
        )
    }

    /// Returns the issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Makes what it sends wrong in this way; `none` mends it.
    ///
    /// # Errors
    /// Fails when it does not answer.
    pub async fn twist(&self, how: &str) -> anyhow::Result<()> {
        self.control(&format!("twist={how}")).await
    }

    /// Signs with a new key of this kind from now on, and publishes no other.
    ///
    /// # Errors
    /// Fails when it does not answer.
    pub async fn exchange_key(&self, algorithm: &str) -> anyhow::Result<()> {
        self.control(&format!("key={algorithm}")).await
    }

    async fn control(&self, query: &str) -> anyhow::Result<()> {
        let url = format!("{}/control?{query}", self.issuer);
        self.client.post(url).send().await?.error_for_status()?;
        Ok(())
    }

    /// Kills it.
    ///
    /// # Errors
    /// Fails when the system does.
    pub async fn kill(self) -> anyhow::Result<()> {
        self.process.kill().await
    }
}

/// A browser of somebody: it keeps cookies by host, follows redirections, and fills in the provider's
/// forms.
pub struct Browser {
    base: String,
    client: reqwest::Client,
    cookies: HashMap<(String, String), String>,
}

/// What a browser shows at the end of its way.
pub struct Page {
    /// Where it is.
    pub url: String,
    /// The status of the answer.
    pub status: StatusCode,
    /// What it shows.
    pub text: String,
}

impl Browser {
    /// Opens one for the collector whose API is there.
    ///
    /// # Errors
    /// Fails when TLS cannot be set up.
    pub fn new(dashboard: SocketAddr) -> anyhow::Result<Self> {
        let base = format!("http://{dashboard}");
        Ok(Self { base, client: http::client_in_place()?, cookies: HashMap::new() })
    }

    /// Presses the button, signs in as this person at the provider, and comes back.
    ///
    /// # Errors
    /// Fails when something does not answer, or leads in a circle.
    pub async fn sign_in(&mut self, person: &str) -> anyhow::Result<Page> {
        let way = self.go(person).await?;
        self.open(&way).await
    }

    /// Does the same up to the way back, which it returns.
    ///
    /// # Errors
    /// Fails when something does not answer, or leads in a circle.
    pub async fn go(&mut self, person: &str) -> anyhow::Result<String> {
        let mut url = Url::parse(&self.base)?.join("/login/oidc?to=/ui/operations")?;
        let mut form = None;
        for _ in 0..STEPS {
            if url.path() == "/login/oidc/callback" {
                return Ok(url.to_string());
            }
            let answer = self.ask(&url, form.take()).await?;
            if let Some(to) = answer.headers().get(LOCATION) {
                url = url.join(to.to_str()?)?;
                continue;
            }
            let (status, text) = (answer.status(), answer.text().await?);
            ensure!(status.is_success(), "{url}: {status} {text}");
            let action = text.split("action=\"").nth(1).and_then(|it| it.split('"').next());
            url = url.join(action.with_context(|| format!("{url} has no form: {text}"))?)?;
            form = Some(match text.contains("value=\"login\"") {
                true => format!("prompt=login&login={person}&password=any"),
                false => "prompt=consent".to_owned(),
            });
        }
        bail!("the sign-in goes in a circle: {url}")
    }

    /// Opens a page.
    ///
    /// # Errors
    /// Fails when nothing answers.
    pub async fn open(&mut self, url: &str) -> anyhow::Result<Page> {
        let answer = self.ask(&Url::parse(url)?, None).await?;
        let (status, text) = (answer.status(), answer.text().await?);
        Ok(Page { url: url.to_owned(), status, text })
    }

    /// Asks the collector, as its page does.
    ///
    /// # Errors
    /// Fails when it does not answer.
    pub async fn api(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&serde_json::Value>,
    ) -> anyhow::Result<(StatusCode, serde_json::Value)> {
        let url = Url::parse(&self.base)?.join(path)?;
        let mut request = self.client.request(method.parse()?, url.clone());
        request = request.header(COOKIE, self.shown(&url)).header("origin", &self.base);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        self.keep(&url, &answer);
        let (status, text) = (answer.status(), answer.text().await?);
        Ok((status, serde_json::from_str(&text).unwrap_or_default()))
    }

    /// Forgets everything that the collector gave.
    pub fn forget(&mut self) {
        self.cookies.clear();
    }

    /// Returns what it shows the collector.
    pub fn cookie(&self) -> Option<&str> {
        let mut all = self.cookies.iter();
        let found = all.find(|((_, name), _)| name == "bellwether_token");
        found.map(|(_, value)| value.as_str())
    }

    async fn ask(&mut self, url: &Url, form: Option<String>) -> anyhow::Result<Response> {
        let request = match form {
            None => self.client.get(url.clone()),
            Some(form) => self
                .client
                .post(url.clone())
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form),
        };
        let answer = request.header(COOKIE, self.shown(url)).send().await?;
        self.keep(url, &answer);
        Ok(answer)
    }

    fn shown(&self, url: &Url) -> String {
        let all = self.cookies.iter().filter(|((host, _), _)| *host == url.authority());
        all.map(|((_, name), value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, url: &Url, answer: &Response) {
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().ok().and_then(|it| it.split(';').next()?.split_once('='));
            if let Some((name, value)) = pair {
                let key = (url.authority().to_owned(), name.to_owned());
                match value {
                    "" => self.cookies.remove(&key),
                    _ => self.cookies.insert(key, value.to_owned()),
                };
            }
        }
    }
}
