//! Reads the catalog file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};

use super::catalog::{Catalog, Component, Criticality, InvalidPattern};
use super::customer::Customer;
use crate::semconv::BUSINESS_CUSTOMER_ID;

/// The shapes of the file that a service needs; the collector holds the rest to its word.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    components: BTreeMap<String, RawComponent>,
    #[serde(default)]
    customers: BTreeMap<String, RawCustomer>,
    #[cfg(feature = "http")]
    #[serde(default)]
    journeys: BTreeMap<String, crate::journeys::file::RawJourney>,
}

#[derive(Deserialize)]
struct RawComponent {
    name: Option<String>,
    #[serde(default, deserialize_with = "criticality")]
    criticality: Criticality,
    #[serde(default)]
    services: Vec<String>,
    #[serde(default)]
    routes: Vec<String>,
}

/// Reads how much a component matters; what reads files is no part of the type's own surface.
fn criticality<'de, D: Deserializer<'de>>(from: D) -> Result<Criticality, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        Low,
        Medium,
        High,
        Critical,
    }
    Ok(match Word::deserialize(from)? {
        Word::Low => Criticality::Low,
        Word::Medium => Criticality::Medium,
        Word::High => Criticality::High,
        Word::Critical => Criticality::Critical,
    })
}

#[derive(Deserialize)]
struct RawCustomer {
    name: Option<String>,
    /// By which attributes they are known; here only their id counts.
    #[serde(default, rename = "match")]
    matches: BTreeMap<String, OneOrMore>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    More(Vec<Scalar>),
    One(Scalar),
}

/// A value as a file writes it; an id may look like a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Int(i64),
    Text(String),
    Other(serde::de::IgnoredAny),
}

impl RawCustomer {
    fn customer(self, id: String) -> Customer {
        let mut customer = Customer::new(id);
        if let Some(name) = self.name {
            customer = customer.named(name);
        }
        let known_as = self.matches.into_iter().find(|(key, _)| key == BUSINESS_CUSTOMER_ID);
        let values = match known_as {
            None => Vec::new(),
            Some((_, OneOrMore::More(values))) => values,
            Some((_, OneOrMore::One(value))) => vec![value],
        };
        values.into_iter().fold(customer, |customer, value| match value {
            Scalar::Text(id) => customer.known_as(id),
            Scalar::Int(id) => customer.known_as(id.to_string()),
            // No id looks like that.
            Scalar::Other(_) => customer,
        })
    }
}

impl Catalog {
    /// Reads the catalog file that the collector reads too; keys that a service does not need are ignored.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be read, is no YAML of that shape, or has a pattern of routes that is none.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, CatalogError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path)
            .map_err(|source| CatalogError::Read { path: path.to_owned(), source })?;
        Self::from_text(&text, path.parent().unwrap_or(Path::new(".")))
    }

    /// Parses the text of a catalog file.
    ///
    /// ```
    /// use bellwether::business::Catalog;
    ///
    /// let catalog = Catalog::parse("
    /// components:
    ///   admin: { criticality: high, routes: ['/admin/**'] }
    /// customers:
    ///   zebra: { name: Zebra Associates }
    /// ")?;
    /// assert_eq!(catalog.find_customer("zebra").map(|it| it.name()), Some("Zebra Associates"));
    /// # Ok::<(), bellwether::business::CatalogError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails when the text is no YAML of that shape, or has a pattern of routes that is none.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        Self::from_text(text, Path::new("."))
    }

    #[cfg_attr(
        not(feature = "http"),
        expect(unused_variables, reason = "only journeys refer to files")
    )]
    fn from_text(text: &str, folder: &Path) -> Result<Self, CatalogError> {
        let file: File = serde_saphyr::from_str(text)
            .map_err(|error| CatalogError::Shape(error.to_string().into()))?;
        let mut catalog = Self::new();
        for (id, raw) in file.components {
            let mut component = Component::new(id, raw.criticality);
            for pattern in &raw.routes {
                component = component.route(pattern)?;
            }
            for service in raw.services {
                component = component.part_of(service);
            }
            if let Some(name) = raw.name {
                component = component.named(name);
            }
            catalog = catalog.component(component);
        }
        for (id, raw) in file.customers {
            catalog = catalog.customer(raw.customer(id));
        }
        #[cfg(feature = "http")]
        for (id, raw) in file.journeys {
            let env = crate::env::process();
            let journey =
                raw.journey(&id, &|text| super::substitute::substitute(text, &env, folder));
            catalog = catalog.journey(journey);
        }
        Ok(catalog)
    }
}

/// Says why a catalog could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// The file could not be read.
    #[error("the catalog {path} cannot be read", path = path.display())]
    #[non_exhaustive]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is no catalog.
    #[error("the catalog is not written as one")]
    Shape(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A component has a pattern of routes that is none.
    #[error(transparent)]
    Pattern(#[from] InvalidPattern),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_collectors_own_example_is_read() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/marketedge/catalog.yaml");
        let catalog = Catalog::read(path).unwrap();
        let find = |path| catalog.find("marketedge-api", "GET", path).map(Component::id);
        assert_eq!(find("/api/v1/admin/users"), Some("admin"));
        assert_eq!(find("/api/v1/auth/login"), Some("auth"));
        assert_eq!(find("/health"), None);
        assert_eq!(catalog.get("auth").map(Component::criticality), Some(Criticality::Critical));
        assert!(catalog.find_customer("zebra").is_some());
    }

    #[test]
    fn the_most_precise_pattern_of_the_service_wins() {
        let catalog = Catalog::parse(
            "components:\n  all: { routes: ['/**'] }\n  users: { routes: ['/users/*'] }\n  \
             elsewhere: { services: [other], routes: ['/users/{id}'] }\n",
        )
        .unwrap();
        assert_eq!(catalog.find("shop", "GET", "/users/{id}").map(Component::id), Some("users"));
        assert_eq!(catalog.find("shop", "GET", "/x").map(Component::id), Some("all"));
    }

    #[test]
    fn a_customer_is_known_by_the_ids_of_the_file() {
        let catalog = Catalog::parse(
            "customers:\n  zebra: { match: { business.customer.id: [c-1, 'zebra-*', 17] } }\n  acme: {}\n",
        )
        .unwrap();
        let find = |id| catalog.find_customer(id).map(Customer::id);
        for id in ["zebra", "c-1", "zebra-uk", "17"] {
            assert_eq!(find(id), Some("zebra"), "{id}");
        }
        assert_eq!((find("acme"), find("c-2")), (Some("acme"), None));
    }

    #[test]
    fn an_error_says_where_it_is() {
        let error = Catalog::parse("components:\n  auth: { criticality: hihg }\n").unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("line 2"), "{source}");
        let error = Catalog::parse("components:\n  auth: { routes: [login] }\n").unwrap_err();
        assert_eq!(error.to_string(), "`login` is no pattern of routes: a path begins with `/`");
    }
}
