//! Identifiers as types of their own, so that a customer is never taken for a component.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(from = "String", into = "String")]
        #[schemars(with = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Makes an identifier from its text.
            pub fn new(text: &str) -> Self {
                Self(text.into())
            }

            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

id!(
    /// Names a component of the catalog, such as `admin`.
    ComponentId
);
id!(
    /// Names a customer of the catalog, such as `zebra`.
    CustomerId
);
id!(
    /// Names an opportunity of the catalog, such as `zebra-cinema`.
    OpportunityId
);
id!(
    /// Names a customer journey of the catalog, such as `zebra-admin`.
    JourneyId
);
id!(
    /// Names a rule, such as `admin-missing`.
    RuleId
);
id!(
    /// Names an incident; stable, and the key under which vendors know it.
    IncidentId
);
id!(
    /// Names a destination as the configuration does, such as `datadog/eu`.
    Destination
);
id!(
    /// Names a service: `service.name` of the resource.
    Service
);
id!(
    /// Names a version of a service: `service.version` of the resource.
    Version
);
id!(
    /// Names one running process of a service: `service.instance.id` of the resource.
    Instance
);
