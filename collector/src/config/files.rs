//! The edge of the configuration: files and the environment.

use std::path::Path;

use bellwether_config::{Document, Lookup, Problems};

/// Reads and parses a file.
pub(super) fn read(file: &Path, folder: &Path) -> Result<Document, Problems> {
    let name = file.display().to_string();
    match text(file) {
        Ok(text) => Document::parse(&name, &text, &lookup(folder)),
        Err(why) => {
            let help = Some("name another file with --config".to_owned());
            Err(Document::parse(&name, "", &Lookup::none())?.problem("", why, help).into())
        }
    }
}

/// Reads a file's text, or says why that fails.
pub(super) fn text(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file)
        .map_err(|error| format!("`{}` cannot be read: {error}", file.display()))
}

/// Looks up variables in the environment, and files relative to the configuration's folder.
pub(super) fn lookup(folder: &Path) -> Lookup {
    let folder = folder.to_owned();
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the collector reads its environment"
    )]
    let env = |name: &str| std::env::var(name).ok();
    Lookup::new(env, move |path| text(&folder.join(path)))
}
