//! What belongs to no pipeline: `extensions`. A new kind is a field, its settings and a row.

use std::collections::BTreeMap;

use bellwether_config::{Problems, Section};
use bellwether_core::catalog::Flaw;
use bellwether_core::settings::Secret;
use bellwether_history::Place;
use bellwether_receivers::{BearerTokenAuth, Tokens};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::hints::{self, kind_of};
use super::kinds::{Kind, schema_of};
use super::{Document, Loading};
use crate::app::heartbeat::{self, Beat};

/// Reads an extension of this name.
type Read = fn(&mut Loading<'_>, &str, &Section<'_>, &mut Extensions);

/// The kinds of extensions.
pub(super) const KINDS: &[Kind<Read>] = &[
    Kind {
        name: "bearertokenauth",
        many: true,
        schema: schema_of::<BearerTokenAuth>,
        read: |loading, name, section, read| {
            let known = loading.bearer_tokens(name, section);
            read.authenticators.insert(name.to_owned(), known);
        },
    },
    Kind {
        name: "dashboard",
        many: false,
        schema: schema_of::<bellwether_api::Config>,
        read: |loading, _, section, read| {
            read.dashboard = loading.one(section);
            for (path, message, help) in read.dashboard.flaws() {
                loading.flaw(&format!("extensions.dashboard.{path}"), message, help);
            }
        },
    },
    Kind {
        name: "heartbeat",
        many: false,
        schema: schema_of::<heartbeat::Settings>,
        read: |loading, _, section, read| read.heartbeat = loading.problems.take(section.read()),
    },
    Kind {
        name: "storage",
        many: false,
        schema: schema_of::<Storage>,
        read: |loading, _, section, read| read.storage = loading.one(section),
    },
];

/// The folder of the database and the queues unless another is named.
const DATA: &str = "bellwether-data";

/// The checked settings of the extensions.
#[derive(Default)]
pub(super) struct Extensions {
    pub(super) storage: Storage,
    pub(super) dashboard: bellwether_api::Config,
    pub(super) heartbeat: Option<heartbeat::Settings>,
    /// Those who know tokens, by name, with a digest of their settings. Without tokens where the
    /// settings have mistakes.
    pub(super) authenticators: BTreeMap<String, (u64, Option<Tokens>)>,
}

/// Where state and history are kept.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Storage {
    /// The folder of the SQLite database and of the queues, relative to where the collector was
    /// started; ./bellwether-data unless set.
    pub(crate) path: Option<String>,
    /// The URL of a PostgreSQL database, which keeps state and history in the place of SQLite.
    pub(crate) postgres: Option<Secret>,
}

impl Loading<'_> {
    /// Reads each extension by its kind.
    pub(super) fn extensions(&mut self) -> Extensions {
        let mut read = Extensions::default();
        for (name, section) in self.declared("extensions") {
            match Kind::find(KINDS, kind_of(name)) {
                Some(kind) if !kind.many && name != kind.name => {
                    self.only_one("extensions", name, kind.name);
                }
                Some(kind) => (kind.read)(self, name, &section, &mut read),
                None => {
                    self.unknown_kind(hints::EXTENSIONS, "extensions", name, &Kind::names(KINDS));
                }
            }
        }
        read
    }

    pub(super) fn storage(&mut self, storage: &Storage) -> Place {
        let Storage { path, postgres } = storage;
        if postgres.as_ref().is_some_and(|url| !Place::is_postgres(url)) {
            let help = "write it like `postgres://user:password@host:5432/database`";
            let message = "this is not the URL of a PostgreSQL database";
            self.flaw("extensions.storage.postgres", message, help);
        }
        let folder = path.as_deref().unwrap_or(DATA).into();
        Place { folder, postgres: postgres.clone() }
    }

    fn one<T: Default + DeserializeOwned + JsonSchema>(&mut self, section: &Section<'_>) -> T {
        self.problems.take(section.read()).unwrap_or_default()
    }

    fn bearer_tokens(&mut self, name: &str, section: &Section<'_>) -> (u64, Option<Tokens>) {
        let schema = schemars::schema_for!(BearerTokenAuth);
        // its mistakes are found below
        let print = section.read_against(schema).map_or(0, |it| self.files.print(&it));
        let read: Result<BearerTokenAuth, Problems> = section.read();
        let Some(settings) = self.problems.take(read) else { return (print, None) };
        let built =
            settings.build().map_err(|flaws| self.flaws(&format!("extensions.{name}"), flaws));
        (print, built.ok())
    }

    /// Every extension that is configured runs; one that is not is a mistake all the same.
    pub(super) fn check_extensions(&mut self, listed: &[String]) {
        const ALWAYS: [&str; 2] = ["storage", "dashboard"];
        let declared: Vec<&str> =
            self.declared("extensions").into_iter().map(|(name, _)| name).chain(ALWAYS).collect();
        for (at, name) in listed.iter().enumerate() {
            if !declared.contains(&name.as_str()) {
                let message = format!("there is no extension `{name}`");
                let help = format!("configured are: {}", declared.join(", "));
                self.flaw(&format!("service.extensions[{at}]"), message, help);
            }
        }
    }

    pub(super) fn heartbeat(&mut self, settings: Option<&heartbeat::Settings>) -> Option<Beat> {
        let built = settings?.build();
        built.map_err(|flaws| self.flaws("extensions.heartbeat", flaws)).ok()
    }

    /// Notes flaws whose paths begin below this one.
    pub(super) fn flaws(&mut self, below: &str, flaws: Vec<Flaw>) {
        let document: &Document = self.document;
        self.problems.extend(flaws.into_iter().map(|Flaw { path, message, help }| {
            let path = format!("{below}.{path}");
            document.problem(path.trim_end_matches('.'), message, help)
        }));
    }
}
