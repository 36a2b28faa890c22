//! Reads the registry: YAML files in OpenTelemetry's own semantic-convention format.

mod check;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// File that describes the registry to OpenTelemetry's tools; it declares no names.
const MANIFEST: &str = "registry_manifest.yaml";

/// Says why a registry could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file is not in the registry's format.
    #[error("{path} is not a registry file: {message}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        message: String,
    },
    /// A group or attribute contradicts another one or lacks something.
    #[error("in group {group}: {message}")]
    Content {
        /// The group's id.
        group: String,
        /// What is wrong and what to do.
        message: String,
    },
}

/// Holds all groups of a registry, in the order of file names and of the files themselves.
#[derive(Debug)]
pub struct Registry {
    /// The groups.
    pub groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    groups: Vec<Group>,
}

/// Names the kinds of group that we use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupKind {
    /// A set of attributes.
    AttributeGroup,
    /// A span.
    Span,
    /// A log record with an event name.
    Event,
    /// A metric.
    Metric,
}

/// Declares one set of attributes, span, event or metric.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Unique id, for example `span.startup.validation`.
    pub id: String,
    /// What the group declares.
    #[serde(rename = "type")]
    pub kind: GroupKind,
    /// Heading for an attribute group.
    pub display_name: Option<String>,
    /// One sentence.
    pub brief: String,
    /// More than fits into the brief.
    pub note: Option<String>,
    /// Maturity.
    pub stability: Option<String>,
    /// Kind of a span.
    pub span_kind: Option<String>,
    /// Name of an event.
    pub name: Option<String>,
    /// Name of a metric.
    pub metric_name: Option<String>,
    /// Instrument of a metric.
    pub instrument: Option<String>,
    /// Unit of a metric in UCUM.
    pub unit: Option<String>,
    /// Attributes declared here or referred to.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
}

/// Declares an attribute (`id`) or refers to one (`ref`).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Name of the attribute that is declared here.
    pub id: Option<String>,
    /// Name of an attribute that is declared elsewhere.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// Type of the value.
    #[serde(rename = "type")]
    pub kind: Option<ValueKind>,
    /// One sentence.
    pub brief: Option<String>,
    /// Maturity.
    pub stability: Option<String>,
    /// Values as they may look.
    #[serde(default)]
    pub examples: Vec<Example>,
    /// Whether the attribute must be there.
    pub requirement_level: Option<RequirementLevel>,
}

/// Tells the type of an attribute's value.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum ValueKind {
    /// A plain type such as `string`, `int` or `string[]`.
    Plain(String),
    /// One of a list of strings.
    Enum {
        /// The list.
        members: Vec<Member>,
    },
}

/// Declares one value of an enumeration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Name of the value in code.
    pub id: String,
    /// The value on the wire.
    pub value: String,
    /// What it means, as a clause.
    pub brief: String,
    /// Maturity.
    pub stability: String,
}

/// Holds an example value as written.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Example {
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// A list of strings.
    List(Vec<String>),
    /// A string.
    Text(String),
}

/// Says whether an attribute must be there.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum RequirementLevel {
    /// `required`, `recommended` or `opt_in`.
    Plain(String),
    /// Required under a condition.
    Conditional {
        /// The condition.
        conditionally_required: String,
    },
}

impl Registry {
    /// Reads every `*.yaml` file of a folder and checks that the groups agree with each other.
    ///
    /// # Errors
    /// Tells the file or group and what is wrong with it.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let read = |path: &Path, source| Error::Read { path: path.to_owned(), source };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|e| read(folder, e))? {
            let path = entry.map_err(|e| read(folder, e))?.path();
            let yaml = path.extension().is_some_and(|e| e == "yaml");
            if yaml && path.file_name().is_some_and(|n| n != MANIFEST) {
                paths.push(path);
            }
        }
        paths.sort();
        let mut groups = Vec::new();
        for path in paths {
            let text = std::fs::read_to_string(&path).map_err(|e| read(&path, e))?;
            let file: File = serde_saphyr::from_str(&text)
                .map_err(|e| Error::Format { path, message: e.to_string() })?;
            groups.extend(file.groups);
        }
        let registry = Self { groups };
        check::groups_agree(&registry)?;
        Ok(registry)
    }

    /// Lists the attributes that are declared here, by name.
    pub fn declared(&self) -> BTreeMap<&str, &Attribute> {
        let attributes = self.groups.iter().flat_map(|g| &g.attributes);
        attributes.filter_map(|a| a.id.as_deref().map(|id| (id, a))).collect()
    }
}

impl Group {
    /// Returns the name of the span, event or metric; none for a set of attributes.
    pub fn signal_name(&self) -> Option<&str> {
        match self.kind {
            GroupKind::AttributeGroup => None,
            GroupKind::Span => self.id.strip_prefix("span."),
            GroupKind::Event => self.name.as_deref(),
            GroupKind::Metric => self.metric_name.as_deref(),
        }
    }
}

impl Attribute {
    /// Returns the name, whether it is declared or referred to here.
    pub fn name(&self) -> &str {
        self.id.as_deref().or(self.reference.as_deref()).unwrap_or_default()
    }
}
