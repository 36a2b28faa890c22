//! The gate that every request passes.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bellwether_core::access::Role;
use bellwether_core::links::Deed;
use bellwether_core::time::Timestamp;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::limit::Limit;
use super::{Access, Auth, COOKIE, LOOPBACK, Proof, TokenFile, Who, cookie, host, keep};
use crate::api::Api;
use crate::error::{ApiError, LARGEST_BODY};
use crate::grpc;
use crate::links::{self, Invalid, Link};
use crate::oidc::{self, Oidc, Provider};
use crate::pagerduty::{PagerdutySettings, Told};
use crate::server::Config;
use crate::table;
use crate::traces::TraceLink;

/// How often an address may show a wrong token.
const FAILURES: (u32, Duration) = (10, Duration::from_secs(6));

/// How often somebody may act.
const ACTS: (u32, Duration) = (30, Duration::from_secs(1));

/// How many sockets there are at most.
pub(crate) const SOCKETS: usize = 256;

/// What the gate goes by. Clones share what it counts.
#[derive(Clone, Debug)]
pub(crate) struct Door(Arc<Rules>);

#[derive(Debug)]
struct Rules {
    without_token: Option<Role>,
    /// Whether only names of this machine are let in without a token.
    loopback: bool,
    auth: Auth,
    pagerduty: Option<PagerdutySettings>,
    trace_links: Vec<TraceLink>,
    tokens: TokenFile,
    /// Signs people in, where an identity provider is configured.
    oidc: Option<Oidc>,
    failures: Limit<Option<IpAddr>>,
    acts: Limit<String>,
    /// Places for sockets, which their tasks hold.
    sockets: Arc<Semaphore>,
    /// Ends them.
    stop: CancellationToken,
}

impl Door {
    pub(crate) fn new(
        config: &Config,
        tokens: TokenFile,
        provider: Option<Arc<dyn Provider>>,
        stop: CancellationToken,
    ) -> Self {
        let oidc = config.auth.oidc.clone().zip(provider);
        Self(Arc::new(Rules {
            without_token: config.auth.role_without_token(&config.endpoint),
            loopback: config.endpoint.is_loopback(),
            auth: config.auth.clone(),
            pagerduty: config.pagerduty.clone(),
            trace_links: config.trace_links.clone(),
            tokens,
            oidc: oidc.map(|(settings, provider)| Oidc::new(settings, provider)),
            failures: Limit::new(FAILURES.0, FAILURES.1),
            acts: Limit::new(ACTS.0, ACTS.1),
            sockets: Arc::new(Semaphore::new(SOCKETS)),
            stop,
        }))
    }

    /// Finds out whose token this is; wrong ones are counted.
    ///
    /// # Errors
    /// It is nobody's. Whoever shows too many of those is told to wait; a good one passes even
    /// then, so that nobody locks out others who come from the same address.
    pub(crate) fn whose(&self, token: &str, from: Option<IpAddr>) -> Result<Who, ApiError> {
        match self.0.tokens.whose(token) {
            Some(who) => Ok(who),
            None => match self.0.failures.take(from.map(network), Instant::now()) {
                Ok(()) => Err(ApiError::unauthenticated()),
                Err(wait) => Err(ApiError::too_many(wait)),
            },
        }
    }

    /// Reads what PagerDuty tells.
    ///
    /// # Errors
    /// PagerDuty did not sign it; counted as a wrong token is.
    fn told(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
        from: Option<IpAddr>,
    ) -> Result<Told, ApiError> {
        let told = self.0.pagerduty.as_ref().and_then(|it| it.read(headers, body, now));
        told.ok_or_else(|| match self.0.failures.take(from.map(network), Instant::now()) {
            Ok(()) => ApiError::unauthenticated(),
            Err(wait) => ApiError::too_many(wait),
        })
    }

    /// Says why a link is not taken; those that are not ours are counted as wrong tokens are.
    fn no_link(&self, invalid: Invalid, from: Option<IpAddr>) -> ApiError {
        let counted = match invalid {
            Invalid::Foreign => self.0.failures.take(from.map(network), Instant::now()),
            Invalid::Expired => Ok(()),
        };
        counted.map_or_else(ApiError::too_many, |()| ApiError::link(invalid))
    }

    /// Returns where traces are looked at.
    pub(crate) fn trace_links(&self) -> &[TraceLink] {
        &self.0.trace_links
    }

    /// Returns the places for sockets.
    pub(crate) fn sockets(&self) -> &Arc<Semaphore> {
        &self.0.sockets
    }

    /// Returns what ends sockets.
    pub(crate) fn stop(&self) -> &CancellationToken {
        &self.0.stop
    }

    /// Says whether somebody who was let in would be let in now.
    pub(crate) fn holds(&self, who: &Who) -> bool {
        match &who.proof {
            Proof::Passing => true,
            Proof::Token(id) => self.0.tokens.holds(id, who.role),
            Proof::Session(key) => self.0.oidc.as_ref().is_some_and(|it| it.holds(key)),
        }
    }

    /// Returns what signs people in.
    pub(crate) fn oidc(&self) -> Option<&Oidc> {
        self.0.oidc.as_ref()
    }

    /// Finds out whose cookie this is. A session that is over is no wrong token: every browser shows
    /// one in the morning.
    fn whose_cookie(&self, value: &str, from: Option<IpAddr>) -> Result<Who, ApiError> {
        if !value.starts_with(oidc::PREFIX) {
            return self.whose(value, from);
        }
        let session = self.0.oidc.as_ref().and_then(|it| it.whose(value));
        let oidc::Session { key, name, role } = session.ok_or_else(ApiError::unauthenticated)?;
        Ok(Who { name, role, proof: Proof::Session(key) })
    }

    /// Finds out who asks, and whether a browser's cookie says so.
    fn identify(&self, request: &Parts) -> Result<(Who, bool), ApiError> {
        let from = peer(request);
        if let Some(value) = request.headers.get(header::AUTHORIZATION) {
            return Ok((self.whose(bearer(value.as_bytes()).unwrap_or_default(), from)?, false));
        }
        let by_cookie = cookie(&request.headers, COOKIE).map(|it| self.whose_cookie(it, from));
        if let Some(Ok(who)) = by_cookie {
            return Ok((who, true));
        }
        let local = !self.0.loopback || host::is_local(request);
        match self.0.without_token.filter(|_| local) {
            Some(role) => {
                let who = Who { name: LOOPBACK.to_owned(), role, proof: Proof::Passing };
                Ok((who, false))
            }
            None => Err(by_cookie.and_then(Result::err).unwrap_or_else(ApiError::unauthenticated)),
        }
    }

    fn is_own_page(&self, request: &Parts, by_cookie: bool) -> Result<(), ApiError> {
        match host::is_from_own_page(request, &self.0.auth.allowed_origins, by_cookie) {
            true => Ok(()),
            false => Err(ApiError::foreign_page()),
        }
    }
}

/// Lets a request in, or answers it, in the words of whoever asks.
pub(crate) async fn gate(
    State((api, door)): State<(Api, Door)>,
    request: Request,
    next: Next,
) -> Response {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let is_grpc = kind.is_some_and(|it| it.as_bytes().starts_with(b"application/grpc"));
    let answer = pass(api, door, request, next).await;
    if is_grpc { grpc::refused(answer) } else { answer }
}

async fn pass(api: Api, door: Door, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let matched = parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str);
    let row = matched.and_then(|path| table::find(&parts.method, path));
    // what is not there is not told to whoever may not look
    let access = row.map_or(Access::Role(Role::Viewer), |it| it.access);
    if let (Some(row), Access::Link(deed)) = (row, access) {
        let request = Request::from_parts(parts, body);
        return links::refused(by_link(&api, &door, row, deed, request, next).await);
    }
    if access == Access::Pagerduty {
        return by_pagerduty(&api, &door, Request::from_parts(parts, body), next).await;
    }
    let found = door.identify(&parts);
    let by_cookie = matches!(found, Ok((_, true)));
    let found = match (found, access) {
        (Ok((who, _)), _) => Some(who),
        (Err(_), Access::Anyone) => None,
        (Err(error), _) => return error.into_response(),
    };
    if !is_safe(&parts)
        && let Err(error) = door.is_own_page(&parts, by_cookie)
    {
        return error.into_response();
    }
    let Some(who) = found else {
        return next.run(Request::from_parts(parts, body)).await;
    };
    // a database of text cannot be asked about it
    if parts.uri.query().is_some_and(|it| it.contains("%00")) {
        return ApiError::query("no text has a NUL, which `%00` stands for".to_owned())
            .into_response();
    }
    let may = match access {
        Access::Role(role) if who.role < role => Err(ApiError::forbidden(role)),
        _ => Ok(()),
    };
    match row.filter(|it| it.act) {
        Some(_) => act(&api, &door, who, may, Request::from_parts(parts, body), next).await,
        None => match may {
            Err(error) => error.into_response(),
            Ok(()) => {
                let mut request = Request::from_parts(parts, body);
                request.extensions_mut().insert(who);
                next.run(request).await
            }
        },
    }
}

/// Lets in whoever follows a link of ours, for what it says and nothing else. Which page sends the
/// form does not matter, since no browser adds anything to it by itself: whoever has the link may.
async fn by_link(
    api: &Api,
    door: &Door,
    row: &table::Route,
    deed: Deed,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let link = match Link::of(api, deed, &mut parts).await {
        Ok(link) => link,
        Err(invalid) => return door.no_link(invalid, peer(&parts)).into_response(),
    };
    let who = link.who();
    parts.extensions.insert(link);
    let request = Request::from_parts(parts, body);
    if !row.act {
        return next.run(request).await;
    }
    act(api, door, who, Ok(()), request, next).await
}

/// Lets in what PagerDuty signed, in the name of the person who did it there.
async fn by_pagerduty(api: &Api, door: &Door, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return ApiError::too_large(LARGEST_BODY).into_response();
    };
    let told = match door.told(&parts.headers, &body, api.now(), peer(&parts)) {
        Ok(told) => told,
        Err(error) => return error.into_response(),
    };
    parts.extensions.insert(told.clone());
    let request = Request::from_parts(parts, body.into());
    let Told::Deed(deed) = told else { return next.run(request).await };
    let who = deed.who();
    act(api, door, who, Ok(()), request, next).await
}

/// Lets somebody act who `may`, as often as one may, and keeps what came of it in the audit.
async fn act(
    api: &Api,
    door: &Door,
    who: Who,
    may: Result<(), ApiError>,
    request: Request,
    next: Next,
) -> Response {
    match door.0.acts.take(who.name.clone(), Instant::now()) {
        Ok(()) => keep::keeping(api, who, may, request, next).await,
        Err(wait) => ApiError::too_many(wait).into_response(),
    }
}

/// Says whether a request changes nothing and opens nothing.
fn is_safe(request: &Parts) -> bool {
    let reads = matches!(request.method, Method::GET | Method::HEAD);
    let opens = request.headers.contains_key(header::UPGRADE) || request.method == Method::CONNECT;
    reads && !opens
}

/// Returns the address that a request came from.
pub(crate) fn peer(request: &Parts) -> Option<IpAddr> {
    request.extensions.get::<ConnectInfo<SocketAddr>>().map(|it| it.0.ip().to_canonical())
}

/// Returns what counts as one address: whoever has one of IPv6 has 2^64 of them.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 => v4,
    }
}

/// Returns what follows `Bearer`.
fn bearer(value: &[u8]) -> Option<&str> {
    let (word, rest) = value.split_at_checked(7)?;
    let token = word.eq_ignore_ascii_case(b"bearer ").then_some(rest)?;
    std::str::from_utf8(token.trim_ascii()).ok()
}
