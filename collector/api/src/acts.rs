//! What people do: acknowledge, note, resolve, judge, silence.

use axum::Json;
use axum::extract::{Extension, State};
use bellwether_core::act::{Act, Done, Refused, Wish};
use bellwether_core::ids::{ComponentId, IncidentId};
use bellwether_core::incident::Verdict;
use bellwether_core::settings::HumanDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::{LOOPBACK, Who};
use crate::api::Api;
use crate::body::{Sent, read};
use crate::error::ApiError;
use crate::routes::{Id, find};
use crate::view::{Decision, Draft, Escalation, Incident, Silence};

/// Says to work on an incident.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acknowledge {
    /// Who does it, where no token says so.
    by: Option<String>,
    /// For how long, such as `30m`; as `alerting.acknowledge_for` says unless set.
    #[serde(rename = "for")]
    hold: Option<HumanDuration>,
}

/// Takes a step of an escalation now.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Escalate {
    /// Who does it, where no token says so.
    by: Option<String>,
    /// Why.
    reason: String,
    /// The escalation policy; where there are several, the one whose next step comes first.
    policy: Option<String>,
    /// The number of the step, from 1; the next one unless set.
    step: Option<u32>,
}

/// Writes something about an incident.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewNote")]
pub(crate) struct Note {
    /// Who does it, where no token says so.
    by: Option<String>,
    /// What.
    text: String,
}

/// Gives an incident to somebody.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assign {
    /// Who does it, where no token says so.
    by: Option<String>,
    /// Who gets it.
    to: String,
}

/// Has customers read of an incident.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Publish {
    /// Who does it, where no token says so.
    by: Option<String>,
    /// The headline; as drafted unless set.
    headline: Option<String>,
    /// What is said next; as drafted unless set.
    text: Option<String>,
}

/// Ends an incident.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resolve {
    /// Who does it, where no token says so.
    by: Option<String>,
    /// What it turned out to be.
    verdict: Option<Verdict>,
}

/// Says what an incident turned out to be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Judge {
    /// Who does it, where no token says so.
    by: Option<String>,
    /// What it was.
    verdict: Verdict,
}

/// Does not want to be told of something; at least one of `incident`, `component` and `when`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewSilence")]
pub(crate) struct Quiet {
    /// Who does it, where no token says so.
    by: Option<String>,
    /// Why.
    reason: String,
    /// Only this incident.
    incident: Option<IncidentId>,
    /// Only incidents of this component.
    component: Option<ComponentId>,
    /// Only incidents for which this condition holds, in CEL.
    when: Option<String>,
    /// For how long, such as `2h`; until the incident is resolved unless set.
    #[serde(rename = "for")]
    hold: Option<HumanDuration>,
}

/// Wants to be told again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EndOfSilence")]
pub(crate) struct End {
    /// Who does it, where no token says so.
    by: Option<String>,
}

/// What nobody is told of for a while.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Silences {
    /// Those that hold or will hold.
    silences: Vec<Silence>,
}

/// What customers would read of an incident.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Drafts {
    /// What waits for a person to have it published, by page.
    drafts: Vec<Draft>,
}

/// Who was told of an incident, who was not, and why.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Decisions {
    /// In the order in which they were made.
    decisions: Vec<Decision>,
}

pub(crate) async fn acknowledge(
    State(api): State<Api>,
    Extension(who): Extension<Who>,
    Id(id): Id,
    body: Sent<Acknowledge>,
) -> Result<Json<Incident>, ApiError> {
    let Acknowledge { by, hold } = read(body)?;
    let (incident, by) = (id.into(), name(&who, by)?);
    of_incident(&api, Act::Acknowledge { incident, by, hold: hold.map(Into::into) }).await
}

pub(crate) async fn escalate(
    State(api): State<Api>,
    Extension(who): Extension<Who>,
    Id(id): Id,
    body: Sent<Escalate>,
) -> Result<Json<Incident>, ApiError> {
    let Escalate { by, reason, policy, step } = read(body)?;
    let (incident, by) = (id.into(), name(&who, by)?);
    let step = step.map(|it| it as usize);
    of_incident(&api, Act::Escalate { incident, by, reason, policy, step }).await
}

/// Tells which steps of its escalation are still to come, or stopped.
pub(crate) async fn escalation(
    State(api): State<Api>,
    Id(id): Id,
) -> Result<Json<Escalation>, ApiError> {
    let id = IncidentId::from(id);
    if let Some(found) = api.snapshot().escalations.iter().find(|it| it.id == id) {
        return Ok(Json(found.clone()));
    }
    let incident = find(&api, &id).await?;
    Ok(Json(Escalation { id: incident.id, steps: Vec::new() }))
}

pub(crate) async fn note(
    State(api): State<Api>,
    Extension(who): Extension<Who>,
    Id(id): Id,
    body: Sent<Note>,
) -> Result<Json<Incident>, ApiError> {
    let Note { by, text } = read(body)?;
    of_incident(&api, Act::Note { incident: id.into(), by: name(&who, by)?, text }).await
}

pub(crate) async fn assign(
    State(api): State<Api>,
    Extension(who): Extension<Who>,
    Id(id): Id,
    body: Sent<Assign>,
) -> Result<Json<Incident>, ApiError> {
    let Assign { by, to } = read(body)?;
    of_incident(&api, Act::Assign { incident: id.into(), by: name(&who, by)?, to }).await
}

pub(crate) async fn publish(
    State(api): State<Api>,
    Extension(who): Extension<Who>,
    Id(id): Id,
    body: Sent<Publish>,
) -> Result<Json<Incident>, ApiError> {
    let Publish { by, headline, text } = read(body)?;
    let (incident, by) = (id.into(), name(&who, by)?);
    of_incident(&api, Act::Publish { incident, by, headline, text }).await
}

pub(crate) async fn resolve(
    State(api): State<Api>,
    Extension(who): Extension<Who>,
    Id(id): Id,
    body: Sent<Resolve>,
) -> Result<Json<Incident>, ApiError> {
    let Resolve { by, verdict } = read(body)?;
    of_incident(&api, Act::Resolve { incident: id.into(), by: name(&who, by)?, verdict }).await
}

pub(crate) async fn judge(
    State(api): State<Api>,
    Extension(who): Extension<Who>,
    Id(id): Id,
    body: Sent<Judge>,
) -> Result<Json<Incident>, ApiError> {
    let Judge { by, verdict } = read(body)?;
    of_incident(&api, Act::Judge { incident: id.into(), by: name(&who, by)?, verdict }).await
}

pub(crate) async fn silences(State(api): State<Api>) -> Json<Silences> {
    Json(Silences { silences: api.snapshot().silences.clone() })
}

pub(crate) async fn silence(
    State(api): State<Api>,
    Extension(who): Extension<Who>,
    body: Sent<Quiet>,
) -> Result<Json<Silence>, ApiError> {
    let Quiet { by, reason, incident, component, when, hold } = read(body)?;
    let until = hold.map(|it| api.now().plus(it.get()));
    let author = name(&who, by)?;
    of_silence(&api, Act::Silence(Wish { author, reason, incident, component, when, until })).await
}

pub(crate) async fn unsilence(
    State(api): State<Api>,
    Extension(who): Extension<Who>,
    Id(id): Id,
    body: Sent<End>,
) -> Result<Json<Silence>, ApiError> {
    let End { by } = read(body)?;
    of_silence(&api, Act::Unsilence { id, by: name(&who, by)? }).await
}

/// Tells what customers would read of an incident.
pub(crate) async fn drafts(State(api): State<Api>, Id(id): Id) -> Result<Json<Drafts>, ApiError> {
    let wanted = IncidentId::from(id.as_str());
    let found = api.ask(|store| store.incident(&wanted)).await?;
    let incident =
        found.ok_or_else(|| ApiError::not_found(format!("there is no incident `{id}`")))?;
    Ok(Json(Drafts { drafts: api.drafts(&incident).into_iter().map(Draft::from).collect() }))
}

/// Tells who was told of an incident, who was not, and why.
pub(crate) async fn decisions(
    State(api): State<Api>,
    Id(id): Id,
) -> Result<Json<Decisions>, ApiError> {
    let id = IncidentId::from(id);
    let found = api.ask(|store| store.rulings(&id)).await?;
    Ok(Json(Decisions { decisions: found.iter().map(Decision::from).collect() }))
}

/// Says who does something: whose token it is, and otherwise who they say they are.
fn name(who: &Who, said: Option<String>) -> Result<String, ApiError> {
    if who.name != LOOPBACK {
        return Ok(who.name.clone());
    }
    said.ok_or_else(|| ApiError::body("say who does it: `by`".to_owned()))
}

async fn of_incident(api: &Api, act: Act) -> Result<Json<Incident>, ApiError> {
    match api.act(act).await? {
        Done::Incident(incident) => Ok(Json(Incident::from(&*incident))),
        Done::Silence(_) => Err(ApiError::store()),
    }
}

async fn of_silence(api: &Api, act: Act) -> Result<Json<Silence>, ApiError> {
    match api.act(act).await? {
        Done::Silence(silence) => Ok(Json(Silence::from(&silence))),
        Done::Incident(_) => Err(ApiError::store()),
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unknown(message) => Self::not_found(message),
            Refused::Wrong(message) => Self::refused(message),
            Refused::Later(message) => Self::later(message),
        }
    }
}
