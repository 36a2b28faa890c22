//! Keys: unknown, missing, and the `…_file` twins of secrets.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Twin, Walker, leaf, untyped};
use crate::schema::{self, Shape, twin_of};
use crate::source::Span;
use crate::tree::{Body, Entry};
use crate::{Path, suggest};

impl<'s> Walker<'s> {
    pub(super) fn object(
        &mut self,
        entries: &[Entry],
        at: &Span,
        shape: &Shape<'s>,
        path: &Path,
    ) -> Value {
        let mut map = Map::new();
        let mut meant = Vec::new();
        let taken: BTreeSet<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
        for entry in entries {
            let here = path.key(&entry.key);
            match shape.properties.get(entry.key.as_str()) {
                Some(schema) => match twin_of(schema) {
                    Some(key) => self.twin(&mut map, entries, entry, key, path),
                    None => {
                        let value = self.walk(&entry.value, &entry.key_span, schema, &here);
                        map.insert(entry.key.clone(), value);
                    }
                },
                None => match shape.additional {
                    Some(schema) => {
                        let value = self.walk(&entry.value, &entry.key_span, schema, &here);
                        map.insert(entry.key.clone(), value);
                    }
                    None if shape.closed => {
                        meant.extend(self.unknown(&taken, entry, shape, &here));
                    }
                    None => {
                        map.insert(entry.key.clone(), untyped(&entry.value));
                    }
                },
            }
        }
        for key in shape.required.iter().chain(&shape.required_secrets) {
            if !map.contains_key(*key) {
                let Some(schema) = shape.properties.get(key) else { continue };
                // A misspelt key is one mistake, not two.
                let twin = format!("{key}_file");
                if !meant.iter().any(|guess| guess == key || *guess == twin) {
                    self.missing(key, schema, at, path);
                }
                let value = self.sample(schema, &path.key(key));
                map.insert((*key).to_owned(), value);
            }
        }
        Value::Object(map)
    }

    /// Reports an unknown key; returns the key that was probably meant.
    fn unknown(
        &mut self,
        taken: &BTreeSet<&str>,
        entry: &Entry,
        shape: &Shape<'s>,
        here: &Path,
    ) -> Option<&'s str> {
        let free = shape.properties.keys().copied().filter(|key| !taken.contains(key));
        let guess = suggest::closest(&entry.key, free);
        let help = match guess {
            Some(guess) => format!("did you mean `{guess}`?"),
            None if shape.properties.is_empty() => "no keys are known here".to_owned(),
            None => {
                let keys = shape.properties.iter().filter(|(_, schema)| twin_of(schema).is_none());
                format!("known here: {}", suggest::list(keys.map(|(key, _)| *key), "and"))
            }
        };
        self.find(&entry.key_span, here, format!("unknown key `{}`", entry.key), Some(help));
        // Only whether its value may be shown is of interest, not what else is wrong in it.
        let schema = guess.and_then(|guess| shape.properties.get(guess))?;
        let (_, found) =
            self.quietly(|walker| walker.walk(&entry.value, &entry.key_span, schema, here));
        self.out.marks.shown.extend(found.marks.shown);
        self.out.marks.secret.extend(found.marks.secret);
        guess
    }

    fn missing(&mut self, key: &str, schema: &Value, at: &Span, path: &Path) {
        let shapes = schema::alternatives(schema, self.root);
        let example = shapes.iter().find_map(|shape| shape.example);
        let what = match example {
            Some(example) => format!("`{key}: {}`", leaf::written(example)),
            None => format!("`{key}: …`, {}", schema::expected(&shapes)),
        };
        let about = shapes.iter().find_map(|shape| shape.description);
        let about = about.and_then(|text| text.split_terminator(['.', '\n']).next());
        let about = about.map(|text| format!(": {text}")).unwrap_or_default();
        let help = format!("add {what}{about}");
        self.find(at, &path.key(key), format!("the key `{key}` is missing"), Some(help));
    }

    /// Reads the file that `key_file` names into `key`.
    fn twin(
        &mut self,
        map: &mut Map<String, Value>,
        entries: &[Entry],
        entry: &Entry,
        key: &str,
        path: &Path,
    ) {
        let here = path.key(&entry.key);
        let span = entry.value.span.clone();
        let problem = match &entry.value.body {
            _ if entries.iter().any(|other| other.key == key) => {
                let message = format!("`{key}` and `{}` cannot stand together", entry.key);
                self.find(&entry.key_span, &here, message, Some("keep one of them".to_owned()));
                return;
            }
            Body::Scalar(scalar) if !scalar.text.is_empty() && !super::is_failed(&entry.value) => {
                self.out.marks.shown.insert((span.start, span.end));
                match self.lookup.file(&scalar.text) {
                    Ok(text) if text.trim().is_empty() => {
                        format!("the file `{}` is empty", scalar.text)
                    }
                    Ok(text) => {
                        map.insert(key.to_owned(), Value::String(text.clone()));
                        self.out.twins.push(Twin { key: path.key(key), twin: here, text });
                        return;
                    }
                    Err(why) => format!("cannot read the file `{}`: {why}", scalar.text),
                }
            }
            Body::Scalar(_) if super::is_failed(&entry.value) => {
                return self.twin_sample(map, key, path);
            }
            _ => "expected the path of a file".to_owned(),
        };
        let at = if span.is_empty() { &entry.key_span } else { &span };
        self.find(at, &here, problem, None);
        self.twin_sample(map, key, path);
    }

    fn twin_sample(&mut self, map: &mut Map<String, Value>, key: &str, path: &Path) {
        self.out.samples.push(path.key(key));
        map.insert(key.to_owned(), Value::String("sample".to_owned()));
    }
}
