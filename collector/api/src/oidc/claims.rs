//! What an ID token has to say (OpenID Connect Core, 3.1.3.7), and what follows from it.

use std::time::Duration;

use bellwether_core::access::Role;
use bellwether_core::time::Timestamp;
use serde_json::{Map, Value};

use super::config::OidcSettings;
use super::jws::short;
use crate::access::LOOPBACK;

/// Longer names are a mistake.
const LONGEST_NAME: usize = 200;

/// The claims that name somebody, unless another is configured.
const NAMES: [&str; 3] = ["preferred_username", "email", "sub"];

/// Why a token that the provider signed is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    #[error("it says nothing that can be read as `{0}`")]
    Missing(&'static str),
    #[error("it is from `{0}`, which is not the configured `issuer`")]
    Issuer(String),
    #[error("it is for somebody else than the configured `client_id`")]
    Audience,
    #[error("it belongs to another sign-in")]
    Nonce,
    #[error("it ended {0:?} ago: the clocks of the collector and of the provider may differ")]
    Expired(Duration),
    #[error("it begins in {0:?}: the clocks of the collector and of the provider differ")]
    Early(Duration),
}

/// Who somebody is, as far as the provider says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) subject: String,
    pub(super) role: Role,
}

/// Why somebody whom the provider knows does not come in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Stranger {
    #[error(
        "the provider says nothing of `{0}`: have it put into the ID token or the user info, or name another claim"
    )]
    NoClaim(String),
    #[error("none of what the provider says of `{name}` in `{claim}` has a role here")]
    NoRole { name: String, claim: String },
    #[error("the provider calls you by a name that cannot stand in the audit")]
    Name,
}

/// Holds an ID token against what was asked for.
pub(super) fn check(
    claims: &Map<String, Value>,
    settings: &OidcSettings,
    nonce: &str,
    now: Timestamp,
) -> Result<(), Unfit> {
    let issuer = text(claims, "iss").ok_or(Unfit::Missing("iss"))?;
    if issuer != settings.issuer {
        return Err(Unfit::Issuer(short(issuer)));
    }
    if !is_for(claims, &settings.client_id) {
        return Err(Unfit::Audience);
    }
    let skew = settings.clock_skew.get();
    let expires = moment(claims, "exp").ok_or(Unfit::Missing("exp"))?;
    if expires.plus(skew) <= now {
        return Err(Unfit::Expired(whole(now.since(expires))));
    }
    let issued = moment(claims, "iat").ok_or(Unfit::Missing("iat"))?;
    let begins = moment(claims, "nbf").unwrap_or(issued).max(issued);
    if begins > now.plus(skew) {
        return Err(Unfit::Early(whole(begins.since(now))));
    }
    if text(claims, "nonce") != Some(nonce) {
        return Err(Unfit::Nonce);
    }
    text(claims, "sub").map(drop).ok_or(Unfit::Missing("sub"))
}

/// Returns whole seconds: who reads it needs no more.
const fn whole(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs())
}

/// Says whether a token is for us, and for us alone where it says for whom.
fn is_for(claims: &Map<String, Value>, client: &str) -> bool {
    let (ours, several) = match claims.get("aud") {
        Some(Value::String(one)) => (one == client, false),
        Some(Value::Array(all)) => (all.iter().any(|it| it == client), all.len() > 1),
        _ => (false, false),
    };
    let party = match claims.get("azp") {
        Some(party) => party == client,
        None => !several,
    };
    ours && party
}

/// Returns who somebody is and what they may do.
pub(super) fn person(
    claims: &Map<String, Value>,
    settings: &OidcSettings,
) -> Result<Person, Stranger> {
    let name = name(claims, settings).ok_or_else(|| Stranger::NoClaim(name_claim(settings)))?;
    let usual = name.len() <= LONGEST_NAME && !name.chars().any(char::is_control);
    // who comes from this machine without a token says by what name they act
    if !usual || name == LOOPBACK {
        return Err(Stranger::Name);
    }
    let claim = &settings.role_claim;
    let values = find(claims, claim).ok_or_else(|| Stranger::NoClaim(claim.clone()))?;
    let values = match values {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        other => Vec::from_iter(other.as_str()),
    };
    let role = settings.roles.highest(values);
    let role =
        role.ok_or_else(|| Stranger::NoRole { name: name.to_owned(), claim: claim.clone() })?;
    let subject = short(text(claims, "sub").unwrap_or_default());
    Ok(Person { name: name.to_owned(), subject, role })
}

/// Says whether more has to be asked for to know who somebody is.
pub(super) fn is_incomplete(claims: &Map<String, Value>, settings: &OidcSettings) -> bool {
    let named = match &settings.name_claim {
        Some(claim) => find(claims, claim).is_some(),
        None => NAMES.iter().take(2).any(|it| claims.contains_key(*it)),
    };
    !named || find(claims, &settings.role_claim).is_none()
}

fn name<'c>(claims: &'c Map<String, Value>, settings: &OidcSettings) -> Option<&'c str> {
    let said = match &settings.name_claim {
        Some(claim) => find(claims, claim)?.as_str(),
        None => NAMES.iter().find_map(|it| text(claims, it)),
    };
    said.map(str::trim).filter(|it| !it.is_empty())
}

fn name_claim(settings: &OidcSettings) -> String {
    settings.name_claim.clone().unwrap_or_else(|| NAMES[0].to_owned())
}

/// Returns a claim by its name, which may have dots itself, or by the way to it.
fn find<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    claims.get(name).or_else(|| {
        let (first, rest) = name.split_once('.')?;
        rest.split('.').try_fold(claims.get(first)?, |it, key| it.get(key))
    })
}

fn text<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c str> {
    claims.get(name)?.as_str().filter(|it| !it.is_empty())
}

/// Reads seconds since the epoch, which may have a fraction.
fn moment(claims: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    let value = claims.get(name)?;
    let secs = value.as_i64().or_else(|| {
        #[expect(clippy::cast_possible_truncation, reason = "the range is looked at")]
        value.as_f64().filter(|it| (0.0..1e11).contains(it)).map(|it| it as i64)
    })?;
    (0..100_000_000_000).contains(&secs).then(|| Timestamp::from_secs(secs))
}
