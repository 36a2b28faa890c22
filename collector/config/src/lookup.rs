//! The two ways out of a document: the environment and files.

use std::sync::Arc;

type Env = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;
type File = Arc<dyn Fn(&str) -> Result<String, String> + Send + Sync>;

/// Looks up what `${env:…}`, `${file:…}`, `…_file` keys and values that are paths refer to, on
/// the caller's behalf.
#[derive(Clone)]
pub struct Lookup {
    env: Env,
    file: File,
    path: File,
}

impl Lookup {
    /// Makes a lookup of two functions.
    ///
    /// `env` returns a variable's value, `None` when it is not set. `file` returns a file's
    /// text, or says why it cannot be read; it decides what a relative path is relative to.
    pub fn new(
        env: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
        file: impl Fn(&str) -> Result<String, String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            env: Arc::new(env),
            file: Arc::new(file),
            path: Arc::new(|path| Ok(path.to_owned())),
        }
    }

    /// Looks at every value whose schema has `"x-file": true`: a path of a file that is read
    /// later, such as a certificate.
    ///
    /// `path` returns where the file is, which takes the place of the value, or says why it
    /// cannot be read. Unless set, such values stay as they are.
    #[must_use]
    pub fn with_paths(
        self,
        path: impl Fn(&str) -> Result<String, String> + Send + Sync + 'static,
    ) -> Self {
        Self { path: Arc::new(path), ..self }
    }

    /// Makes a lookup that finds nothing.
    pub fn none() -> Self {
        Self::new(|_| None, |_| Err("there are no files here".to_owned()))
    }

    pub(crate) fn env(&self, name: &str) -> Option<String> {
        (self.env)(name)
    }

    pub(crate) fn path(&self, path: &str) -> Result<String, String> {
        (self.path)(path)
    }

    /// Reads a file without the line break at its end, which editors add.
    pub(crate) fn file(&self, path: &str) -> Result<String, String> {
        let mut text = (self.file)(path)?;
        if text.ends_with('\n') {
            text.pop();
            if text.ends_with('\r') {
                text.pop();
            }
        }
        Ok(text)
    }
}

impl std::fmt::Debug for Lookup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lookup")
    }
}
