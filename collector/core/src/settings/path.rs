use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The path of a file that is read apart from the settings, such as a certificate.
///
/// Where settings come from a configuration file, a relative path is relative to that file and
/// whoever reads the settings finds the whole path here; the file was readable then. When the
/// file changes, the configuration counts as changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FilePath(PathBuf);

impl FilePath {
    /// Wraps a path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Returns the path.
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for FilePath {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl schemars::JsonSchema for FilePath {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FilePath".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "The path of a file, relative to the configuration file.",
            "minLength": 1,
            "examples": ["/etc/bellwether/tls.crt"],
            "x-file": true,
        })
    }
}
