//! The edge of the configuration: files and the environment.

use std::io::Read;
use std::path::Path;

use bellwether_config::{Document, Lookup, Problems};

/// The largest file that settings may name: a certificate chain, a catalog, a secret.
const LARGEST: u64 = 16 << 20;

/// Reads and parses a file.
pub(super) fn document(file: &Path, folder: &Path) -> Result<Document, Problems> {
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
    let failed =
        |why: &dyn std::fmt::Display| format!("`{}` cannot be read: {why}", file.display());
    let bytes = read(file).map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|_| failed(&"it is not a text in UTF-8"))
}

/// Looks up variables in the environment, and files relative to the configuration's folder.
pub(super) fn lookup(folder: &Path) -> Lookup {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the collector reads its environment"
    )]
    let env = |name: &str| std::env::var(name).ok();
    let (texts, places) = (folder.to_owned(), folder.to_owned());
    Lookup::new(env, move |path| text(&texts.join(path))).with_paths(move |path| {
        let place = places.join(path);
        let readable = read(&place).map_err(|error| error.to_string());
        readable.map(|_| place.display().to_string())
    })
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // what has no end, such as a device, is cut off
    let read = std::fs::File::open(file)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > LARGEST {
        return Err(std::io::Error::other("it is larger than 16 MiB"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let told = |file: &Path| text(file).unwrap_err();
        assert!(told(folder.path()).ends_with("cannot be read: Is a directory (os error 21)"));
        let file = folder.path().join("a");
        std::fs::write(&file, b"\xff").unwrap();
        assert!(told(&file).ends_with("cannot be read: it is not a text in UTF-8"));
        assert!(told(Path::new("/dev/zero")).ends_with("it is larger than 16 MiB"));
    }
}
