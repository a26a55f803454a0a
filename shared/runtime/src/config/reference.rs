//! References `${provider:…}` in the value of an option, so that a configuration need not contain
//! secrets. The value of a reference is never printed.
//!
//! `extension.rs` reads secrets from AWS.

use std::path::Path;

use serde_json::{Map, Value};

use crate::config::file;
use crate::config::secret::{SecretRef, SecretValues};

/// A part of a value.
enum Part<'v> {
    Text(&'v str),
    Variable(&'v str),
    File {
        path: &'v str,
        key: &'v str,
    },
    /// A member of a secret that is a JSON object, or the whole secret.
    Secret {
        secret: SecretRef,
        field: Option<&'v str>,
    },
}

/// The secrets that must be read before the value can be resolved; none if the value is malformed,
/// which [`resolve`] reports.
pub(crate) fn secret_refs(value: &str) -> Vec<SecretRef> {
    let secret = |part| match part {
        Part::Secret { secret, .. } => Some(secret),
        _ => None,
    };
    parts(value).map_or(Vec::new(), |parts| parts.into_iter().filter_map(secret).collect())
}

/// Replaces every reference in a value. `${topic}` and other words without a colon are not changed,
/// and `$${` means `${`.
///
/// # Errors
/// A sentence, if the provider is unknown, or the variable, file, secret or field does not exist.
/// It contains no other part of the value, which may be a secret that looks like a reference.
pub(crate) fn resolve(
    value: &str,
    environment: impl Fn(&str) -> Option<String>,
    values: &SecretValues,
) -> Result<String, String> {
    let mut resolved = String::with_capacity(value.len());
    for part in parts(value)? {
        match part {
            Part::Text(text) => resolved.push_str(text),
            Part::Variable(name) => match environment(name) {
                Some(text) => resolved.push_str(&text),
                None => return Err(format!("the environment has no variable {name}")),
            },
            Part::File { path, key } => resolved.push_str(&from_file(path, key)?),
            Part::Secret { secret, field } => {
                let text = values.get(&secret).ok_or_else(|| format!("{secret} was not read"))?;
                match field {
                    Some(field) => resolved.push_str(&member(text, &secret, field)?),
                    None => resolved.push_str(text),
                }
            }
        }
    }
    Ok(resolved)
}

fn parts(value: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = value;
    while let Some(start) = rest.find("${") {
        let (before, reference) = rest.split_at(start);
        let Some(end) = reference.find('}') else { break };
        rest = &reference[end + 1..];
        if let Some(before) = before.strip_suffix('$') {
            parts.extend([Part::Text(before), Part::Text(&reference[..=end])]);
            continue;
        }
        parts.push(Part::Text(before));
        parts.push(match reference[2..end].split_once(':') {
            None => Part::Text(&reference[..=end]),
            Some(("env", name)) => Part::Variable(name),
            // The form of Kafka's `FileConfigProvider`.
            Some(("file", place)) => {
                let (path, key) = place
                    .rsplit_once(':')
                    .ok_or("write a file's reference as ${file:path:key}")?;
                Part::File { path, key }
            }
            Some(("secretsmanager", place)) => secret(place)?,
            Some(("ssm", name)) if !name.is_empty() => {
                Part::Secret { secret: SecretRef::Parameter(name.to_owned()), field: None }
            }
            Some(_) => {
                return Err("a reference has a provider other than env, file, secretsmanager and ssm; write $${ for a plain ${".to_owned());
            }
        });
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}

/// Reads `id`, `id:field` or `id:field:stage`, in the order of Amazon ECS and CloudFormation. The
/// id is a name without a colon, or an ARN with six colons.
fn secret(place: &str) -> Result<Part<'_>, String> {
    const COLONS_OF_AN_ARN: usize = 6;
    let colons = if place.starts_with("arn:") { COLONS_OF_AN_ARN } else { 0 };
    let end = place.match_indices(':').nth(colons).map_or(place.len(), |(at, _)| at);
    let (id, rest) = place.split_at(end);
    let mut rest = rest.split(':').skip(1).map(|part| Some(part).filter(|part| !part.is_empty()));
    let (field, stage) = (rest.next().flatten(), rest.next().flatten());
    let is_whole = id.matches(':').count() == colons;
    if id.is_empty() || !is_whole || rest.next().is_some() {
        return Err("write a secret's reference as ${secretsmanager:id:field} or ${secretsmanager:id:field:stage}".to_owned());
    }
    let secret = SecretRef::Secret { id: id.to_owned(), stage: stage.map(str::to_owned) };
    Ok(Part::Secret { secret, field })
}

fn from_file(path: &str, key: &str) -> Result<String, String> {
    let found = file::read(Path::new(path))?.into_iter().rev().find(|(name, _)| name == key);
    found.map(|(_, value)| value).ok_or_else(|| format!("{path} has no key {key}"))
}

fn member(text: &str, secret: &SecretRef, field: &str) -> Result<String, String> {
    let Ok(object) = serde_json::from_str::<Map<String, Value>>(text) else {
        return Err(format!("{secret} is not a JSON object, so it has no field {field}"));
    };
    match object.get(field) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(scalar @ (Value::Bool(_) | Value::Number(_))) => Ok(scalar.to_string()),
        Some(_) => Err(format!("the field {field} of {secret} is not text")),
        None => Err(format!("{secret} has no field {field}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(value: &str, environment: impl Fn(&str) -> Option<String>) -> Result<String, String> {
        resolve(value, environment, &SecretValues::default())
    }

    #[test]
    fn references_are_replaced_and_other_words_stay() {
        let environment = |name: &str| (name == "PW").then(|| "s3cret".to_owned());
        assert_eq!(plain("a-${env:PW}-${topic}", environment), Ok("a-s3cret-${topic}".to_owned()));
        assert_eq!(plain("${open", environment), Ok("${open".to_owned()));
        assert!(plain("${env:NO}", environment).unwrap_err().contains("no variable NO"));
        assert_eq!(plain("p$${a:b}w", environment), Ok("p${a:b}w".to_owned()));
        let unknown = plain("hunter${vault:x}2", environment).unwrap_err();
        assert!(unknown.contains("env, file") && !unknown.contains("vault"), "{unknown}");
        assert!(plain("${file:/nowhere:k}", environment).unwrap_err().contains("/nowhere"));
    }

    #[test]
    fn a_file_holds_keys() {
        let path = std::env::temp_dir().join(format!("sluice-reference-{}", std::process::id()));
        std::fs::write(&path, "# a comment\npassword = p=w:1 \n").unwrap();
        let reference = format!("${{file:{}:password}}", path.display());
        assert_eq!(plain(&reference, |_| None), Ok("p=w:1".to_owned()));
        std::fs::remove_file(path).unwrap();
    }

    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf";

    fn secret_of(id: &str, stage: Option<&str>) -> SecretRef {
        SecretRef::Secret { id: id.to_owned(), stage: stage.map(str::to_owned) }
    }

    #[test]
    fn an_arn_keeps_its_colons() {
        for (place, id, stage) in [
            ("prod/db", "prod/db", None),
            ("prod/db:password", "prod/db", None),
            ("prod/db:password:AWSPREVIOUS", "prod/db", Some("AWSPREVIOUS")),
            ("prod/db::AWSPREVIOUS", "prod/db", Some("AWSPREVIOUS")),
            (ARN, ARN, None),
            (&format!("{ARN}:password"), ARN, None),
            (&format!("{ARN}:password:AWSPENDING"), ARN, Some("AWSPENDING")),
        ] {
            let value = format!("x${{secretsmanager:{place}}}y");
            assert_eq!(secret_refs(&value), [secret_of(id, stage)], "{place}");
        }
        for place in ["", ":password", "arn:aws:secretsmanager:x", "a:b:c:d"] {
            let wrong = plain(&format!("${{secretsmanager:{place}}}"), |_| None).unwrap_err();
            assert!(wrong.contains("${secretsmanager:id:field}"), "{wrong}");
        }
        let name = "arn:aws:ssm:eu-west-1:123456789012:parameter/db:3";
        assert_eq!(
            secret_refs(&format!("${{ssm:{name}}}")),
            [SecretRef::Parameter(name.to_owned())]
        );
    }

    #[test]
    fn a_field_is_text_and_nothing_else_is_told() {
        let text = r#"{"password":"hunter2","port":5432,"hosts":["hunter2"],"none":null}"#;
        let mut values = SecretValues::default();
        values.insert(secret_of(ARN, None), text.to_owned());
        values.insert(secret_of("plain", None), "hunter2".to_owned());
        let of = |place: &str| resolve(&format!("${{secretsmanager:{place}}}"), |_| None, &values);
        assert_eq!(of(&format!("{ARN}:password")), Ok("hunter2".to_owned()));
        assert_eq!(of(&format!("{ARN}:port")), Ok("5432".to_owned()));
        assert_eq!(of(ARN), Ok(text.to_owned()));
        assert_eq!(of("plain"), Ok("hunter2".to_owned()));
        for (place, why) in [
            (&*format!("{ARN}:user"), "has no field user"),
            (&format!("{ARN}:hosts"), "is not text"),
            (&format!("{ARN}:none"), "is not text"),
            ("plain:password", "not a JSON object"),
        ] {
            let wrong = of(place).unwrap_err();
            assert!(wrong.contains(why) && !wrong.contains("hunter2"), "{wrong}");
        }
    }
}
