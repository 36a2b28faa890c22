//! `bellwether silence`: nobody is told for a while.

use std::io::Write;

use bellwether_api::view::Silence;
use bellwether_core::settings::HumanDuration;
use serde_json::{Value, json};

use super::incidents::read;
use crate::tools::ToolError;
use crate::tools::client::{Address, Client, wait_for};

/// What to do about silences.
#[derive(Clone, Debug)]
pub enum What {
    /// Shows those that hold or will hold.
    List,
    /// Ends one.
    End {
        /// Which one.
        id: String,
        /// Who does it.
        by: String,
    },
    /// Begins one.
    Begin(Wish),
}

/// What nobody is to be told of.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Who wants it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Only this incident.
    pub incident: Option<String>,
    /// Only incidents of this component.
    pub component: Option<String>,
    /// Only incidents for which this holds.
    pub when: Option<String>,
    /// For how long; until the incident is resolved unless set.
    pub hold: Option<HumanDuration>,
}

/// Does it.
///
/// # Errors
/// Says why that was not done.
pub fn run(
    what: &What,
    json: bool,
    collector: &Address,
    out: &mut impl Write,
) -> Result<(), ToolError> {
    let client = Client::new(collector)?;
    let answer = match what {
        What::List => wait_for(client.get("/api/v1/silences"))?,
        What::End { id, by } => {
            let body = json!({ "by": by });
            wait_for(client.post(&format!("/api/v1/silences/{id}/end"), &body))?
        }
        What::Begin(wish) => wait_for(client.post("/api/v1/silences", &body(wish)))?,
    };
    if json {
        return Ok(writeln!(out, "{answer:#}")?);
    }
    match what {
        What::List => {
            let silences = answer.get("silences").cloned().unwrap_or_default();
            let silences: Vec<Silence> = read(silences)?;
            if silences.is_empty() {
                writeln!(out, "nothing is silenced")?;
            }
            for it in &silences {
                writeln!(out, "{}", told(it))?;
            }
        }
        What::End { .. } => writeln!(out, "ended {}", told(&read(answer)?))?,
        What::Begin(_) => writeln!(out, "{}", told(&read(answer)?))?,
    }
    Ok(())
}

fn body(wish: &Wish) -> Value {
    let mut body = json!({ "by": wish.by, "reason": wish.reason });
    let mut set = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            body[key] = value;
        }
    };
    set("incident", wish.incident.as_ref().map(|it| json!(it)));
    set("component", wish.component.as_ref().map(|it| json!(it)));
    set("when", wish.when.as_ref().map(|it| json!(it)));
    set("for", wish.hold.map(|it| json!(it)));
    body
}

/// Says in a line what is silenced, by whom and why.
fn told(it: &Silence) -> String {
    let what: Vec<String> = [
        it.incident.as_ref().map(|id| format!("incident {id}")),
        it.component.as_ref().map(|id| format!("component {id}")),
        it.when.as_ref().map(|text| format!("when {text}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let until = match it.until {
        Some(until) => format!("until {until}"),
        None => "until it is resolved".to_owned(),
    };
    format!("{}  {}, {until}; by {}: {}", it.id, what.join(", "), it.author, it.reason)
}
