//! The report for programs.

use serde_json::{Value, json};

use super::{CheckReport, Delivery, Report};
use crate::env::Lookup;

/// Says in which form the report of a startup is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReportFormat {
    /// A table and advice for a person.
    #[default]
    Text,
    /// One line of JSON, for a log that machines read; see [`Report::to_json`].
    Json,
}

impl ReportFormat {
    /// Reads `BELLWETHER_REPORT`; `None` when it is not set or says something else, of which a warning tells.
    pub(in crate::startup) fn from_environment(env: &Lookup) -> Option<Self> {
        match env("BELLWETHER_REPORT")?.trim() {
            "" => None,
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            other => {
                tracing::warn!(value = other, "BELLWETHER_REPORT is neither text nor json");
                None
            }
        }
    }
}

impl Report {
    /// Writes the report as one line of JSON: `service`, `outcome` (`ready`, `degraded`, `aborted`), `duration` in
    /// seconds, `delivery` (whether the collector knows) and `checks`, each with `name`, `component`, `kind`, `level`, `outcome`,
    /// `on_failure`, `duration` and, when it did not pass, `message`, `advice` and `error_type`.
    pub fn to_json(&self) -> String {
        json!({
            "service": self.service,
            "outcome": self.outcome().as_str(),
            "duration": self.took.as_secs_f64(),
            "delivery": delivery(self.delivery),
            "checks": self.checks.iter().map(check).collect::<Vec<Value>>(),
        })
        .to_string()
    }
}

fn check(check: &CheckReport) -> Value {
    let mut value = json!({
        "name": check.name,
        "component": check.component,
        "kind": check.kind.as_str(),
        "level": check.level.number(),
        "outcome": check.outcome.as_str(),
        "on_failure": check.on_failure.as_str(),
        "duration": check.took.as_secs_f64(),
    });
    if let (Some(problem), Some(fields)) = (&check.problem, value.as_object_mut()) {
        fields.insert("message".to_owned(), json!(problem.message));
        fields.insert("error_type".to_owned(), json!(problem.error_type));
        if let Some(advice) = &problem.advice {
            fields.insert("advice".to_owned(), json!(advice));
        }
    }
    value
}

fn delivery(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::InBackground => "in_background",
        Delivery::Delivered => "delivered",
        Delivery::NotDelivered => "not_delivered",
        Delivery::Disabled => "disabled",
    }
}
