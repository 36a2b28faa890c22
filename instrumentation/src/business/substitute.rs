//! `${env:NAME}`, `${env:NAME:-default}`, `${file:path}` and `$$` inside a value, as the collector reads them: in a value
//! that is already parsed, so that what comes in never becomes structure.

use std::path::Path;

use crate::env::Lookup;

/// Puts in what a text refers to; the error says what is not there, and nothing of what is.
pub(super) fn substitute(text: &str, env: &Lookup, folder: &Path) -> Result<String, String> {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        written.push_str(before);
        rest = if let Some(after) = after.strip_prefix('$') {
            written.push('$');
            after
        } else if let Some(after) = after.strip_prefix('{') {
            let (inside, after) = after.split_once('}').ok_or("`${` without `}` after it")?;
            written.push_str(&value(inside, env, folder)?);
            after
        } else {
            written.push('$');
            after
        };
    }
    written.push_str(rest);
    Ok(written)
}

fn value(inside: &str, env: &Lookup, folder: &Path) -> Result<String, String> {
    match inside.split_once(':') {
        Some(("env", rest)) => {
            let (name, default) = rest.split_once(":-").map_or((rest, None), |(n, d)| (n, Some(d)));
            // As in a shell, `:-` also stands in for a variable that is set to nothing.
            match (env(name), default) {
                (Some(value), _) if !value.is_empty() => Ok(value),
                (_, Some(default)) => Ok(default.to_owned()),
                (Some(empty), None) => Ok(empty),
                (None, None) => Err(format!("the environment variable `{name}` is not set")),
            }
        }
        Some(("file", path)) => {
            let text = std::fs::read_to_string(folder.join(path))
                .map_err(|error| format!("the file `{path}` cannot be read: {error}"))?;
            Ok(text.trim_end_matches(['\r', '\n']).to_owned())
        }
        _ => Err(format!("`${{{inside}}}` is neither `${{env:NAME}}` nor `${{file:path}}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env;

    #[test]
    fn what_a_text_refers_to_comes_in() {
        let env = env::fixed(&[("USER_ID", "zebra-${env:X}"), ("EMPTY", "")]);
        let read = |text| substitute(text, &env, Path::new("/nowhere"));
        for (text, written) in [
            ("plain $5", "plain $5"),
            ("a-${env:USER_ID}-b", "a-zebra-${env:X}-b"),
            ("${env:EMPTY:-x}${env:NONE:-y}", "xy"),
            ("$${env:USER_ID}", "${env:USER_ID}"),
            ("${env:EMPTY}", ""),
        ] {
            assert_eq!(read(text).as_deref(), Ok(written), "{text}");
        }
        for (text, problem) in [
            ("${env:NONE}", "the environment variable `NONE` is not set"),
            ("${NONE}", "`${NONE}` is neither `${env:NAME}` nor `${file:path}`"),
            ("${env:NONE", "`${` without `}` after it"),
        ] {
            assert_eq!(read(text).unwrap_err(), problem);
        }
        assert!(
            read("${file:secret}").unwrap_err().starts_with("the file `secret` cannot be read")
        );
    }
}
