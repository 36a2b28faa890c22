//! What was really out: what the findings of a backtest are held against.

use std::path::Path;

use bellwether_config::Problems;
use bellwether_core::catalog::Catalog;
use bellwether_core::ids::ComponentId;
use bellwether_core::time::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config;
use crate::tools::{ToolError, no_time, time};

/// A time in which a component was out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(super) component: ComponentId,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

/// A file with labels.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Written {
    /// What was out, and when.
    labels: Vec<WrittenLabel>,
}

/// A time in which a component was out.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WrittenLabel {
    /// When it began, such as `2026-01-05T08:00:00Z`.
    start: String,
    /// When it was over.
    end: String,
    /// The component, as the catalog calls it.
    component: ComponentId,
}

/// Reads a file with labels.
pub(super) fn read(file: &Path, catalog: &Catalog) -> Result<Vec<Label>, ToolError> {
    let document = config::document(file)?;
    let written: Written = document.read()?;
    let mut problems = Problems::default();
    let mut labels = Vec::new();
    for (at, label) in written.labels.iter().enumerate() {
        let path = format!("labels[{at}]");
        let mut read = |key: &str, text: &str| {
            let read = time(text);
            if read.is_none() {
                problems.push(no_time(&document, &format!("{path}.{key}")));
            }
            read
        };
        let times = (read("start", &label.start), read("end", &label.end));
        if catalog.component(&label.component).is_none() {
            let message = format!("the catalog has no component `{}`", label.component);
            problems.push(document.problem(&format!("{path}.component"), message, None));
        }
        if let (Some(start), Some(end)) = times {
            if end <= start {
                let message = "it is over before it begins";
                problems.push(document.problem(&format!("{path}.end"), message, None));
            }
            labels.push(Label { component: label.component.clone(), start, end });
        }
    }
    Ok(problems.or(labels)?)
}
