//! What people do by a link in a message, without signing in.
//!
//! To look at a link never does anything: programs that scan mails follow each of them. What it
//! shows is a page with a button, and the button does it.

mod config;
mod signer;

use axum::extract::{Extension, FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use bellwether_core::access::Role;
use bellwether_core::act::{Act, Done, Wish};
use bellwether_core::ids::IncidentId;
use bellwether_core::links::Deed;

pub use config::LinkSettings;
use signer::Shown;
pub(crate) use signer::{Invalid, encoded};
pub use signer::{KeyError, Seal, Signer};

use crate::access::{Proof, Who};
use crate::api::Api;
use crate::error::{ApiError, Refusal};
use crate::page;
use crate::routes::{self, Id};
use crate::view::Incident;

/// What pages of links may do: as others, and send their own form.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'",
);

/// Why a silence was given.
const REASON: &str = "by a link in a message";

/// A link that is one of ours.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) deed: Deed,
    pub(crate) incident: IncidentId,
    pub(crate) person: String,
}

impl Link {
    /// Reads the link that is followed.
    ///
    /// # Errors
    /// It is none of ours, or no longer one.
    pub(crate) async fn of(api: &Api, deed: Deed, parts: &mut Parts) -> Result<Self, Invalid> {
        let foreign = |_: ApiError| Invalid::Foreign;
        let Id(incident) = Id::from_request_parts(parts, &()).await.map_err(foreign)?;
        let shown = Query::<Shown>::try_from_uri(&parts.uri).map_err(|_| Invalid::Foreign)?;
        let person = api.signer().whose(deed, &incident, shown.0, api.now())?;
        Ok(Self { deed, incident: incident.into(), person })
    }

    /// Returns who follows it: it does nothing but what it says.
    pub(crate) fn who(&self) -> Who {
        Who { name: self.person.clone(), role: Role::Operator, proof: Proof::Passing }
    }
}

/// Asks whether it is meant.
pub(crate) async fn ask(
    State(api): State<Api>,
    Extension(link): Extension<Link>,
) -> Result<Response, ApiError> {
    let incident = routes::find(&api, &link.incident).await?;
    Ok(shown(page::link::confirm(&incident, link.deed, &link.person)))
}

/// Does it.
pub(crate) async fn follow(
    State(api): State<Api>,
    Extension(link): Extension<Link>,
) -> Result<Response, ApiError> {
    let Link { deed, incident, person } = link;
    let act = match deed {
        Deed::Acknowledge => {
            Act::Acknowledge { incident: incident.clone(), by: person, hold: None }
        }
        Deed::Silence => Act::Silence(Wish {
            author: person,
            reason: REASON.to_owned(),
            incident: Some(incident.clone()),
            ..Wish::default()
        }),
    };
    let incident = match api.act(act).await? {
        Done::Incident(incident) => Incident::from(&*incident),
        Done::Silence(_) => routes::find(&api, &incident).await?,
    };
    Ok(shown(page::link::done(&incident, deed)))
}

fn shown(page: String) -> Response {
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(page)).into_response()
}

/// Says a refusal in words for people.
pub(crate) fn refused(answer: Response) -> Response {
    let Some(Refusal(why)) = answer.extensions().get::<Refusal>().cloned() else { return answer };
    let (mut parts, _) = answer.into_parts();
    let message = why.split_once(": ").map_or(why.as_str(), |(_, message)| message);
    let page = page::link::refused(message);
    parts.headers.remove(header::CONTENT_LENGTH);
    parts
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Response::from_parts(parts, page.into())
}
