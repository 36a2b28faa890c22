//! Keeps what people do: first that it was asked for, then what became of it.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bellwether_core::access::{AuditEntry, Outcome};
use uuid::Uuid;

use super::gate::peer;
use super::{LOOPBACK, Who};
use crate::api::Api;
use crate::error::{ApiError, LARGEST_BODY, Refusal};
use crate::table;

/// Longer names are refused by whoever does the act.
const LONGEST_NAME: usize = 200;

/// So much of it is kept.
const KEPT: usize = 2_000;

/// Does what is asked for if `may` says so, and keeps it: nothing is done that was not kept.
pub(super) async fn keeping(
    api: &Api,
    who: Who,
    may: Result<(), ApiError>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return ApiError::too_large(LARGEST_BODY).into_response();
    };
    let path = parts.extensions.get::<axum::extract::MatchedPath>();
    let route = path.map_or("", |it| it.as_str());
    let mut entry = AuditEntry {
        id: Uuid::now_v7().to_string(),
        at: api.now(),
        by: said(&who, &body).unwrap_or_else(|| who.name.clone()),
        role: who.role,
        from: peer(&parts).map(|it| it.to_string()).unwrap_or_default(),
        act: table::name(&parts.method, route),
        about: parts.uri.path().to_owned(),
        body: shortened(&body),
        outcome: Outcome::Asked,
        why: None,
    };
    if let Err(error) = may {
        let answer = error.into_response();
        (entry.outcome, entry.why) = outcome(&answer);
        // it is refused all the same
        let _ = api.keep(entry).await;
        return answer;
    }
    if let Err(error) = api.keep(entry.clone()).await {
        return error.into_response();
    }
    let mut request = Request::from_parts(parts, Body::from(body));
    request.extensions_mut().insert(who);
    let answer = next.run(request).await;
    (entry.outcome, entry.why) = outcome(&answer);
    // it is done; that it was asked for is kept
    let _ = api.keep(entry).await;
    answer
}

fn outcome(answer: &Response) -> (Outcome, Option<String>) {
    if answer.status().is_success() {
        return (Outcome::Done, None);
    }
    let why = answer.extensions().get::<Refusal>().map(|it| it.0.clone());
    (Outcome::Refused, Some(why.unwrap_or_else(|| answer.status().to_string())))
}

/// Returns who somebody without a token says they are.
fn said(who: &Who, body: &Bytes) -> Option<String> {
    if who.name != LOOPBACK {
        return None;
    }
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let by = body.get("by")?.as_str()?.trim();
    (1..=LONGEST_NAME).contains(&by.len()).then(|| by.to_owned())
}

fn shortened(body: &Bytes) -> String {
    let text = String::from_utf8_lossy(body);
    match text.char_indices().nth(KEPT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}
