//! Describes who sends: the resource that stands on every signal.

use opentelemetry::{Key, KeyValue, Value};
use opentelemetry_sdk::Resource;

use crate::env::Lookup;
use crate::semconv::{SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION};

mod machine;

/// What the program says of itself; the environment has the last word.
#[derive(Debug, Clone, Default)]
pub(crate) struct Identity {
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) attributes: Vec<KeyValue>,
}

/// Detects the resource from the environment, the machine and the program.
pub(crate) fn detect(identity: &Identity, env: &Lookup) -> Resource {
    let detected = Resource::builder().build();
    complete(&detected, identity, env, &machine::detect(env, &machine::files))
}

/// Adds to what was detected whatever it lacks: a variable beats the program, the program beats the machine.
fn complete(
    detected: &Resource,
    identity: &Identity,
    env: &Lookup,
    machine: &[KeyValue],
) -> Resource {
    let mut defaults = machine.to_vec();
    defaults.push(KeyValue::new(SERVICE_INSTANCE_ID, uuid::Uuid::new_v4().to_string()));
    defaults.extend(identity.attributes.iter().cloned());
    for (key, value) in [(SERVICE_NAME, &identity.name), (SERVICE_VERSION, &identity.version)] {
        defaults.extend(value.clone().map(|value| KeyValue::new(key, value)));
    }
    let given = detected
        .iter()
        .filter(|(key, value)| !is_placeholder(key, value))
        .map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let name = env("OTEL_SERVICE_NAME").filter(|name| !name.is_empty());

    Resource::builder_empty()
        .with_attributes(
            detected.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())),
        )
        .with_attributes(defaults)
        .with_attributes(given)
        .with_attributes(name.map(|name| KeyValue::new(SERVICE_NAME, name)))
        .build()
}

/// Tells whether the SDK made this value up because nobody gave one.
fn is_placeholder(key: &Key, value: &Value) -> bool {
    key.as_str() == SERVICE_NAME && value.as_str().starts_with("unknown_service")
}

/// Returns an attribute of the resource as text; `None` when it is not there.
pub(crate) fn text(resource: &Resource, key: &'static str) -> Option<String> {
    resource.get_ref(&Key::from_static_str(key)).map(|value| value.as_str().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env;

    fn detected(pairs: &[(&'static str, &'static str)]) -> Resource {
        let pairs = pairs.iter().map(|(key, value)| KeyValue::new(*key, *value));
        Resource::builder_empty().with_attributes(pairs).build()
    }

    fn identity() -> Identity {
        Identity {
            name: Some("marketedge".into()),
            version: Some("1".into()),
            attributes: Vec::new(),
        }
    }

    #[test]
    fn the_program_names_itself_when_the_environment_does_not() {
        let sdk = detected(&[(SERVICE_NAME, "unknown_service:marketedge")]);
        let resource = complete(&sdk, &identity(), &env::fixed(&[]), &[]);
        assert_eq!(text(&resource, SERVICE_NAME).as_deref(), Some("marketedge"));
        assert_eq!(text(&resource, SERVICE_VERSION).as_deref(), Some("1"));
        let instance = text(&resource, SERVICE_INSTANCE_ID).unwrap();
        assert!(uuid::Uuid::parse_str(&instance).is_ok(), "{instance}");
    }

    #[test]
    fn the_environment_has_the_last_word() {
        let sdk = detected(&[
            (SERVICE_NAME, "from-attributes"),
            (SERVICE_VERSION, "2"),
            (SERVICE_INSTANCE_ID, "pod-7"),
        ]);
        let env = env::fixed(&[("OTEL_SERVICE_NAME", "from-name")]);
        let resource = complete(&sdk, &identity(), &env, &[]);
        assert_eq!(text(&resource, SERVICE_NAME).as_deref(), Some("from-name"));
        assert_eq!(text(&resource, SERVICE_VERSION).as_deref(), Some("2"));
        assert_eq!(text(&resource, SERVICE_INSTANCE_ID).as_deref(), Some("pod-7"));
    }

    #[test]
    fn a_nameless_program_keeps_the_name_that_the_sdk_made_up() {
        let sdk = detected(&[(SERVICE_NAME, "unknown_service:x")]);
        let resource = complete(&sdk, &Identity::default(), &env::fixed(&[]), &[]);
        assert_eq!(text(&resource, SERVICE_NAME).as_deref(), Some("unknown_service:x"));
    }
}
