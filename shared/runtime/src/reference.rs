//! `${provider:…}` in the value of an option: read at start, so that no secret needs to stand
//! in a configuration. What a reference stands for is never printed.

use std::path::Path;

use crate::file;

/// Replaces every reference in a value. `${topic}` and other words without a colon stay, and
/// `$${` stands for `${`.
///
/// # Errors
/// A sentence: an unknown provider, a missing variable or file. It names the variable or the
/// file, and nothing else of the value, which may be a secret that only looks like a reference.
pub(crate) fn resolve(
    value: &str,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let mut resolved = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(start) = rest.find("${") {
        let (before, reference) = rest.split_at(start);
        let Some(end) = reference.find('}') else { break };
        rest = &reference[end + 1..];
        if let Some(before) = before.strip_suffix('$') {
            resolved.extend([before, &reference[..=end]]);
            continue;
        }
        resolved.push_str(before);
        match reference[2..end].split_once(':') {
            None => resolved.push_str(&reference[..=end]),
            Some(("env", name)) => match environment(name) {
                Some(text) => resolved.push_str(&text),
                None => return Err(format!("the environment has no variable {name}")),
            },
            Some(("file", place)) => resolved.push_str(&from_file(place)?),
            Some(_) => {
                return Err(
                    "a reference has a provider other than env and file; write $${ for a plain ${"
                        .to_owned(),
                );
            }
        }
    }
    resolved.push_str(rest);
    Ok(resolved)
}

/// `path:key` of a properties or JSON file, as Kafka's `FileConfigProvider` has it.
fn from_file(place: &str) -> Result<String, String> {
    let Some((path, key)) = place.rsplit_once(':') else {
        return Err("write a file's reference as ${file:path:key}".to_owned());
    };
    let found = file::read(Path::new(path))?.into_iter().rev().find(|(name, _)| name == key);
    found.map(|(_, value)| value).ok_or_else(|| format!("{path} has no key {key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_replaced_and_other_words_stay() {
        let environment = |name: &str| (name == "PW").then(|| "s3cret".to_owned());
        assert_eq!(
            resolve("a-${env:PW}-${topic}", environment),
            Ok("a-s3cret-${topic}".to_owned())
        );
        assert_eq!(resolve("${open", environment), Ok("${open".to_owned()));
        assert!(resolve("${env:NO}", environment).unwrap_err().contains("no variable NO"));
        assert_eq!(resolve("p$${a:b}w", environment), Ok("p${a:b}w".to_owned()));
        let unknown = resolve("hunter${vault:x}2", environment).unwrap_err();
        assert!(unknown.contains("env and file") && !unknown.contains("vault"), "{unknown}");
        assert!(resolve("${file:/nowhere:k}", environment).unwrap_err().contains("/nowhere"));
    }

    #[test]
    fn a_file_holds_keys() {
        let path = std::env::temp_dir().join(format!("sluice-reference-{}", std::process::id()));
        std::fs::write(&path, "# a comment\npassword = p=w:1 \n").unwrap();
        let reference = format!("${{file:{}:password}}", path.display());
        assert_eq!(resolve(&reference, |_| None), Ok("p=w:1".to_owned()));
        std::fs::remove_file(path).unwrap();
    }
}
