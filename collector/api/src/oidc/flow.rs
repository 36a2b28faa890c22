//! The steps of a sign-in.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::settings::Secret;
use bellwether_core::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout};

use super::attempt::{Attempt, PATH};
use super::claims::{self, Person};
use super::discovery::{self, Discovery};
use super::jws::{Forged, Keys, short};
use super::refused::Refused;
use super::{FRESH, Oidc, ProviderAnswer, ProviderCall, base64};
use crate::links::encoded;

/// A provider that takes longer over one answer is of no use to whoever waits for a page.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the provider brings back, in the query of the way back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Brought {
    pub(super) code: Option<String>,
    pub(super) state: Option<String>,
    pub(super) iss: Option<String>,
    pub(super) error: Option<String>,
    pub(super) error_description: Option<String>,
}

/// What the provider gives for a code.
#[derive(Deserialize)]
struct Tokens {
    id_token: Option<Secret>,
    access_token: Option<Secret>,
}

/// Why the provider gives nothing.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    error: String,
    error_description: String,
}

/// Somebody who was just signed in.
pub(super) struct Entered {
    /// What their browser has to show.
    pub(super) value: String,
    pub(super) person: Person,
}

impl Oidc {
    /// Returns where a browser has to go to be signed in.
    pub(super) async fn lead(&self, attempt: &Attempt) -> Result<String, Refused> {
        let _place = self.places.try_acquire().map_err(|_| Refused::Busy)?;
        let offered = self.offered().await?;
        let settings = &self.settings;
        let scopes = settings.scopes.iter().map(String::as_str).filter(|it| *it != "openid");
        let scopes: Vec<&str> = std::iter::once("openid").chain(scopes).collect();
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &settings.client_id),
            ("redirect_uri", &self.way_back()),
            ("scope", &scopes.join(" ")),
            ("state", &attempt.state()),
            ("nonce", &attempt.nonce()),
            ("code_challenge", &attempt.challenge()),
            ("code_challenge_method", "S256"),
        ]);
        Ok(with_query(&offered.authorization_endpoint, &query))
    }

    /// Signs somebody in who comes back from the provider.
    pub(super) async fn enter(
        &self,
        attempt: Option<&Attempt>,
        brought: &Brought,
        now: Timestamp,
    ) -> Result<Entered, Refused> {
        let state = brought.state.as_deref().unwrap_or_default();
        let attempt = attempt.filter(|it| it.is_of(state)).ok_or(Refused::Stray)?;
        let _place = self.places.try_acquire().map_err(|_| Refused::Busy)?;
        let offered = self.offered().await?;
        let named = brought.iss.as_deref();
        if named.map_or(offered.names_itself, |it| it != self.settings.issuer) {
            return Err(Refused::OtherIssuer);
        }
        if let Some(error) = &brought.error {
            let why = brought.error_description.as_deref().unwrap_or_default();
            return Err(Refused::Denied(short(format!("{error} {why}").trim())));
        }
        let code = brought.code.as_deref().ok_or(Refused::Stray)?;
        let tokens = self.exchange(&offered, attempt, code).await?;
        let token = tokens.id_token.ok_or_else(|| {
            Refused::Exchange("it sent no ID token: is this an OpenID Connect client?".to_owned())
        })?;
        let keys = self.get("keys", &offered.jwks_uri, None).await?;
        let keys = Keys::read(&keys).ok_or_else(|| provider("keys", "these are none"))?;
        let mut claims = keys.claims(token.expose())?;
        claims::check(&claims, &self.settings, &attempt.nonce(), now)?;
        if claims::is_incomplete(&claims, &self.settings) {
            self.add_user_info(&offered, tokens.access_token, &mut claims).await?;
        }
        let person = claims::person(&claims, &self.settings)?;
        let (leave, time) = (self.way_out(&offered), self.settings.session_for.get());
        let value = self.sessions.begin(person.clone(), leave, time, Instant::now());
        Ok(Entered { value: value.ok_or(Refused::Random)?, person })
    }

    /// Returns what the provider offers, as it said lately.
    async fn offered(&self) -> Result<Arc<Discovery>, Refused> {
        let mut kept = self.offered.lock().await;
        if let Some((since, offered)) = kept.as_ref()
            && since.elapsed() < FRESH
        {
            return Ok(Arc::clone(offered));
        }
        let said = self.get("what it offers", &discovery::place(&self.settings), None).await?;
        let offered = Arc::new(Discovery::read(&said, &self.settings).map_err(Refused::Provider)?);
        *kept = Some((Instant::now(), Arc::clone(&offered)));
        Ok(offered)
    }

    /// Gives the code, with what proves that we began, and takes the tokens for it.
    async fn exchange(
        &self,
        offered: &Discovery,
        attempt: &Attempt,
        code: &str,
    ) -> Result<Tokens, Refused> {
        let (back, verifier) = (self.way_back(), attempt.verifier());
        let client = &self.settings.client_id;
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &back),
            ("code_verifier", &verifier),
        ];
        let mut authorization = None;
        match &self.settings.client_secret {
            None => fields.push(("client_id", client)),
            Some(secret) if offered.takes_secret_in_form() => {
                fields.extend([("client_id", &**client), ("client_secret", secret.expose())]);
            }
            Some(secret) => {
                let pair = format!("{}:{}", encoded(client), encoded(secret.expose()));
                let value = format!("Basic {}", base64::padded(pair.as_bytes()));
                authorization = Some(Secret::new(value));
            }
        }
        let form = Some(Secret::new(form(&fields)));
        let url = offered.token_endpoint.clone();
        let answer = self.ask("tokens", ProviderCall { url, authorization, form }).await?;
        if !(200..300).contains(&answer.status) {
            let problem: Problem = serde_json::from_slice(&answer.body).unwrap_or_default();
            let Problem { error, error_description } = problem;
            let said = short(format!("{error} {error_description}").trim());
            return Err(Refused::Exchange(format!("HTTP {}: {said}", answer.status)));
        }
        let read = serde_json::from_slice(&answer.body);
        read.map_err(|_| Refused::Exchange("its tokens cannot be read".to_owned()))
    }

    /// Adds what the provider tells beside the token, which counts first.
    async fn add_user_info(
        &self,
        offered: &Discovery,
        token: Option<Secret>,
        claims: &mut Map<String, Value>,
    ) -> Result<(), Refused> {
        let (Some(url), Some(token)) = (&offered.userinfo_endpoint, token) else { return Ok(()) };
        let bearer = Secret::new(format!("Bearer {}", token.expose()));
        let said = self.get("user info", url, Some(bearer)).await?;
        let said: Map<String, Value> = serde_json::from_slice(&said)
            .map_err(|_| provider("user info", "it is no JSON; signed ones are not read"))?;
        if said.get("sub") != claims.get("sub") {
            return Err(Forged::Malformed.into());
        }
        for (name, value) in said {
            claims.entry(name).or_insert(value);
        }
        Ok(())
    }

    async fn get(
        &self,
        what: &str,
        url: &str,
        authorization: Option<Secret>,
    ) -> Result<Vec<u8>, Refused> {
        let call = ProviderCall { url: url.to_owned(), authorization, form: None };
        let answer = self.ask(what, call).await?;
        match answer.status {
            200..300 => Ok(answer.body),
            status => Err(provider(what, &format!("HTTP {status}"))),
        }
    }

    async fn ask(&self, what: &str, call: ProviderCall) -> Result<ProviderAnswer, Refused> {
        match timeout(PATIENCE, self.provider.ask(call)).await {
            Ok(answer) => answer.map_err(|why| provider(what, &why)),
            Err(_) => Err(provider(what, &format!("no answer within {PATIENCE:?}"))),
        }
    }

    fn way_back(&self) -> String {
        self.settings.at(&format!("{PATH}/callback"))
    }

    fn way_out(&self, offered: &Discovery) -> Option<String> {
        let home = self.settings.at("/");
        let client = &self.settings.client_id;
        let query = form(&[("client_id", client), ("post_logout_redirect_uri", &home)]);
        Some(with_query(offered.end_session_endpoint.as_ref()?, &query))
    }
}

fn provider(what: &str, why: &str) -> Refused {
    Refused::Provider(format!("{what}: {why}"))
}

fn form(fields: &[(&str, &str)]) -> String {
    let fields = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
    fields.collect::<Vec<_>>().join("&")
}

fn with_query(url: &str, query: &str) -> String {
    format!("{url}{}{query}", if url.contains('?') { '&' } else { '?' })
}
