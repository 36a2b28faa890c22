//! A deployment as a change event: shown beside incidents, and pages nobody.

use bellwether_core::deployment::Deployment;
use serde_json::{Value, json};

use super::event::{DETAILS, LISTED, SUMMARY};
use crate::text::cut;

/// Renders a deployment.
pub(super) fn event(deployment: &Deployment, routing_key: &str, external_url: &str) -> Value {
    let components = deployment.components.values().take(LISTED);
    let mut event = json!({
        "routing_key": routing_key,
        "payload": {
            "summary": cut(&deployment.to_string(), SUMMARY),
            "source": cut(deployment.service.as_str(), SUMMARY),
            "timestamp": deployment.at.to_string(),
            "custom_details": {
                "service": cut(deployment.service.as_str(), DETAILS),
                "version": cut(deployment.version.as_str(), DETAILS),
                "previous_version": cut(deployment.before.as_str(), DETAILS),
                "rollback": deployment.again,
                "components": components.map(|it| cut(it, 200)).collect::<Vec<_>>(),
            },
        },
    });
    if let Some(fields) = event.as_object_mut()
        && !external_url.is_empty()
    {
        fields.insert("links".to_owned(), json!([{ "href": external_url, "text": "Status" }]));
    }
    event
}
