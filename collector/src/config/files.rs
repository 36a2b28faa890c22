//! The edge of the configuration: files and the environment.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bellwether_config::{Document, Lookup, Problems};

/// The largest file that settings may name: a certificate chain, a catalog, a secret.
const LARGEST: u64 = 16 << 20;

/// Reads files and remembers what was in them, so that a change can be seen later. Clones share
/// what they remember.
#[derive(Clone, Debug, Default)]
pub struct Files {
    seen: Arc<Mutex<BTreeMap<PathBuf, Seen>>>,
    digests: RandomState,
}

/// What was seen of a file; nothing of one that could not be read.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    digest: Option<u64>,
    stat: Option<Stat>,
}

/// What another version of a file differs in: which file it is, its size, when it was written.
type Stat = (u64, u64, i64, i64);

impl Files {
    /// Makes one that remembers nothing yet, and whose digests can be compared with others made
    /// by the same key.
    pub(super) fn new(digests: RandomState) -> Self {
        Self { seen: Arc::default(), digests }
    }

    /// Reads and parses a file.
    pub(super) fn document(&self, file: &Path, folder: &Path) -> Result<Document, Problems> {
        let name = file.display().to_string();
        match self.text(file) {
            Ok(text) => Document::parse(&name, &text, &self.lookup(folder)),
            Err(why) => {
                let help = Some("name another file, or make this one readable".to_owned());
                Err(Document::parse(&name, "", &Lookup::none())?.problem("", why, help).into())
            }
        }
    }

    /// Reads a file's text, or says why that fails.
    pub(super) fn text(&self, file: &Path) -> Result<String, String> {
        let failed =
            |why: &dyn std::fmt::Display| format!("`{}` cannot be read: {why}", file.display());
        let bytes = self.bytes(file).map_err(|error| failed(&error))?;
        String::from_utf8(bytes).map_err(|_| failed(&"it is not a text in UTF-8"))
    }

    /// Looks up variables in the environment, and files relative to the configuration's folder.
    pub(super) fn lookup(&self, folder: &Path) -> Lookup {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place where the collector reads its environment"
        )]
        let env = |name: &str| std::env::var(name).ok();
        let (texts, places) = (self.clone(), self.clone());
        let (text_folder, place_folder) = (folder.to_owned(), folder.to_owned());
        Lookup::new(env, move |path| texts.text(&text_folder.join(path))).with_paths(move |path| {
            let place = place_folder.join(path);
            let read = places.bytes(&place).map_err(|error| error.to_string());
            read.map(|_| place.display().to_string())
        })
    }

    /// Digests a value with the files that it names, so that a change of either shows. No secret
    /// can be told from it, and it means nothing to another process.
    pub(super) fn print(&self, value: &serde_json::Value) -> u64 {
        let mut files = Vec::new();
        self.named_in(value, &mut files);
        self.digests.hash_one((value.to_string(), files))
    }

    fn named_in(&self, value: &serde_json::Value, files: &mut Vec<Option<u64>>) {
        match value {
            serde_json::Value::String(text) => {
                files.extend(self.seen().get(Path::new(text)).map(|it| it.digest));
            }
            serde_json::Value::Array(items) => {
                items.iter().for_each(|it| self.named_in(it, files));
            }
            serde_json::Value::Object(map) => {
                map.values().for_each(|it| self.named_in(it, files));
            }
            _ => {}
        }
    }

    /// Says whether a file that was read, or was not there to be read, is another one now. Reads
    /// only those that were touched.
    pub(crate) fn changed(&self) -> bool {
        let mut seen = self.seen();
        seen.iter_mut().any(|(file, seen)| {
            let stat = stat(file);
            if stat == seen.stat {
                return false;
            }
            let same = self.digest(read(file).ok().as_deref()) == seen.digest;
            if same {
                seen.stat = stat;
            }
            !same
        })
    }

    /// Returns a number that is another one when a file is touched.
    pub(crate) fn stamp(&self) -> u64 {
        let seen = self.seen();
        self.digests.hash_one(seen.keys().map(|file| stat(file)).collect::<Vec<_>>())
    }

    fn bytes(&self, file: &Path) -> std::io::Result<Vec<u8>> {
        // before the file is read: a change meanwhile is seen later
        let stat = stat(file);
        let bytes = read(file);
        // a pipe can be read only once, and so never changes
        if std::fs::metadata(file).map_or(true, |about| about.is_file()) {
            let digest = self.digest(bytes.as_deref().ok());
            self.seen().insert(file.to_owned(), Seen { digest, stat });
        }
        bytes
    }

    fn digest(&self, bytes: Option<&[u8]>) -> Option<u64> {
        bytes.map(|bytes| self.digests.hash_one(bytes))
    }

    fn seen(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stat(file: &Path) -> Option<Stat> {
    let about = std::fs::metadata(file).ok()?;
    Some((about.ino(), about.len(), about.mtime(), about.mtime_nsec()))
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
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_no_text_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let told = |file: &Path| Files::default().text(file).unwrap_err();
        assert!(told(folder.path()).ends_with("cannot be read: Is a directory (os error 21)"));
        let file = folder.path().join("a");
        std::fs::write(&file, b"\xff").unwrap();
        assert!(told(&file).ends_with("cannot be read: it is not a text in UTF-8"));
        assert!(told(Path::new("/dev/zero")).ends_with("it is larger than 16 MiB"));
    }

    #[test]
    fn a_change_is_seen_whatever_kind_it_is_of() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["a", "b", "c"] {
            std::fs::write(at(name), name).unwrap();
        }
        let changes: [&dyn Fn(); 4] = [
            &|| std::fs::write(at("a"), "another").unwrap(),
            &|| std::fs::remove_file(at("b")).unwrap(),
            &|| std::fs::write(at("later"), "").unwrap(),
            // as a rename puts a new version in place
            &|| {
                std::fs::write(at("new"), "C").unwrap();
                std::fs::rename(at("new"), at("c")).unwrap();
            },
        ];
        for change in changes {
            let files = Files::default();
            let _ = ["a", "b", "c", "later"].map(|name| files.text(&at(name)));
            let stamp = files.stamp();
            assert!(!files.changed());
            change();
            assert!(files.changed());
            assert_ne!(files.stamp(), stamp);
        }
    }

    #[test]
    fn a_value_is_another_one_when_a_file_that_it_names_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tls.crt");
        let value = json!({ "tls": [{ "cert_file": file.display().to_string() }, 5] });
        let key = RandomState::new();
        let print = |text: &str, value: &serde_json::Value| {
            std::fs::write(&file, text).unwrap();
            let files = Files::new(key.clone());
            let _ = files.text(&file);
            files.print(value)
        };
        let before = print("one", &value);
        assert_eq!(print("one", &value), before);
        assert_ne!(print("two", &value), before);
        assert_ne!(print("one", &json!({ "tls": [] })), before);
    }
}
