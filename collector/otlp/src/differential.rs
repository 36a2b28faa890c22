//! Holds our reading of OTLP against that of a full decoder, `opentelemetry-proto` with prost:
//! the same bytes are accepted, and the same values are found in them. For tests and fuzzing.

mod edit;
mod json;
mod model;
mod ours;
mod theirs;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod corpus;
#[cfg(test)]
pub(crate) mod generate;
#[cfg(test)]
pub(crate) mod tests;

use std::fmt::Display;

pub use edit::{Plan, edit};
pub use json::json;
use model::Model;

use crate::validate::{schema, walks_agree};

/// Compares both readings of bytes as each of the three requests, and both of our walks that
/// check them; returns how many of the three accepted them.
///
/// # Errors
/// Tells where the readings differ, with the bytes.
pub fn compare(bytes: &[u8]) -> Result<u32, String> {
    for schema in [&schema::TRACE_REQUEST, &schema::METRICS_REQUEST, &schema::LOGS_REQUEST] {
        walks_agree(bytes, schema).map_err(|why| format!("{why}: {bytes:02x?}"))?;
    }
    let accepted = [
        agree(bytes, ours::traces(bytes), theirs::traces(bytes))?,
        agree(bytes, ours::logs(bytes), theirs::logs(bytes))?,
        agree(bytes, ours::metrics(bytes), theirs::metrics(bytes))?,
    ];
    Ok(accepted.into_iter().map(u32::from).sum())
}

fn agree(
    bytes: &[u8],
    ours: Result<Model, impl Display>,
    theirs: Result<Model, impl Display>,
) -> Result<bool, String> {
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) if ours == theirs => Ok(true),
        (Ok(ours), Ok(theirs)) => {
            Err(format!("we read {ours:?}, they read {theirs:?}: {bytes:02x?}"))
        }
        (Err(_), Err(_)) => Ok(false),
        (Ok(_), Err(theirs)) => Err(format!("we accept, they do not: {theirs}: {bytes:02x?}")),
        (Err(ours), Ok(_)) => Err(format!("we refuse, they do not: {ours}: {bytes:02x?}")),
    }
}

/// Walks the views of bytes that nobody checked.
pub fn walk_unchecked(bytes: &[u8]) {
    ours::walk_unchecked(bytes);
}
