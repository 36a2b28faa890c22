//! What people do in PagerDuty about our incidents, as its webhooks (version 3) tell it.

use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use bellwether_core::access::Role;
use bellwether_core::act::{Act, Refused};
use bellwether_core::ids::IncidentId;
use bellwether_core::settings::Secret;
use bellwether_core::time::Timestamp;
use ring::hmac;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::access::{Proof, Who, hexadecimal};
use crate::api::Api;
use crate::error::ApiError;

/// PagerDuty's header: `v1=<hex>`, several of them with commas between while a secret is exchanged.
const SIGNATURE: &str = "x-pagerduty-signature";

/// What happened longer ago says nothing of now, and may be sent again by somebody else.
const OLDEST: Duration = Duration::from_secs(3_600);

/// The longest name of a person, in bytes.
const NAME: usize = 200;

/// What PagerDuty tells this collector: `extensions.dashboard.pagerduty`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DashboardPagerduty")]
pub struct PagerdutySettings {
    /// The secret of a webhook subscription (version 3) that posts to `/webhooks/pagerduty`. Who
    /// acknowledges or resolves one of our incidents there acknowledges it here.
    #[serde(skip_serializing)]
    pub webhook_secret: Secret,
}

/// A webhook that PagerDuty signed.
#[derive(Debug, Deserialize)]
struct Webhook {
    event: Event,
}

#[derive(Debug, Deserialize)]
struct Event {
    event_type: String,
    occurred_at: jiff::Timestamp,
    /// Who did it; absent where nobody did.
    agent: Option<Agent>,
    #[serde(default)]
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Agent {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    summary: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Data {
    /// The key that we gave it.
    #[serde(default)]
    incident_key: Option<String>,
}

/// What a person did there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deed {
    incident: IncidentId,
    person: String,
}

/// What is made of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Somebody has the incident now.
    Deed(Deed),
    /// Nothing that we go by, and why.
    Nothing(&'static str),
}

/// What became of a webhook.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PagerdutyTaken")]
pub(crate) struct Taken {
    /// Whether it acknowledged an incident.
    acknowledged: bool,
    /// Why it did not.
    why: Option<String>,
}

impl PagerdutySettings {
    /// Reads a webhook; absent where PagerDuty did not sign it, or it is none.
    pub(crate) fn read(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Option<Told> {
        let secret = self.webhook_secret.expose().trim();
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag = hmac::sign(&key, body);
        let ours = hexadecimal(tag.as_ref());
        let given = headers.get_all(SIGNATURE).iter().filter_map(|it| it.to_str().ok());
        let mut given = given.flat_map(|it| it.split(','));
        let is_ours = |it: &str| {
            let theirs = it.trim().strip_prefix("v1=").unwrap_or_default();
            bool::from(theirs.as_bytes().ct_eq(ours.as_bytes()))
        };
        given.any(is_ours).then_some(())?;
        let Webhook { event } = serde_json::from_slice(body).ok()?;
        Some(event.told(now))
    }
}

impl Event {
    fn told(self, now: Timestamp) -> Told {
        let Self { event_type, occurred_at, agent, data } = self;
        if !matches!(event_type.as_str(), "incident.acknowledged" | "incident.resolved") {
            return Told::Nothing("only acknowledgements and resolutions are gone by");
        }
        // what we sent ourselves comes back from the integration
        let person = agent.filter(|it| it.kind == "user_reference").and_then(|it| it.summary);
        let Some(person) = person.filter(|it| !it.trim().is_empty()) else {
            return Told::Nothing("no person did it");
        };
        let at = Timestamp::from_secs(occurred_at.as_second());
        if now.since(at) > OLDEST {
            return Told::Nothing("it is too long ago");
        }
        let Some(key) = data.incident_key.filter(|it| !it.contains('\0')) else {
            return Told::Nothing("it has no key of ours");
        };
        let end = person.floor_char_boundary(NAME);
        let person = person.get(..end).unwrap_or_default().trim().to_owned();
        Told::Deed(Deed { incident: key.into(), person })
    }
}

impl Deed {
    /// Returns who did it.
    pub(crate) fn who(&self) -> Who {
        Who { name: self.person.clone(), role: Role::Operator, proof: Proof::Passing }
    }
}

/// Acknowledges what somebody acknowledged or resolved in PagerDuty: as long as it lasts here it is
/// not over, and somebody knows.
pub(crate) async fn take(
    State(api): State<Api>,
    Extension(told): Extension<Told>,
) -> Result<(StatusCode, Json<Taken>), ApiError> {
    let why = match told {
        Told::Nothing(why) => why.to_owned(),
        Told::Deed(Deed { incident, person: by }) => {
            match api.act(Act::Acknowledge { incident, by, hold: None }).await {
                Ok(_) => {
                    let taken = Taken { acknowledged: true, why: None };
                    return Ok((StatusCode::OK, Json(taken)));
                }
                // an incident of somebody else, or one that is over: PagerDuty need not try again
                Err(Refused::Unknown(why)) => why,
                Err(refused) => return Err(refused.into()),
            }
        }
    };
    Ok((StatusCode::ACCEPTED, Json(Taken { acknowledged: false, why: Some(why) })))
}
